import { z } from 'zod';

/** What the controller remembers in a pull request's body, unseen by readers. */
export const Marker = z.object({
  v: z.literal(1),
  identity: z.string().max(400),
  delta: z.string().max(100),
  /** The branch as the controller left it. */
  head: z.string().regex(/^[0-9a-f]{40,64}$/),
  /** Digest of what its commit is made from. */
  content: z.string().max(100),
  /** When this delta was first shown for this head, in seconds since 1970. */
  since: z.number(),
  closed: z
    .object({
      by: z.enum(['person', 'controller']),
      as: z.enum(['merged', 'obsolete', 'rejected']),
    })
    .optional(),
});
export type Marker = z.output<typeof Marker>;

const opening = '\n<!-- sluice ';
const ending = ' -->\n';
/** GitHub takes 65,536 characters; what is said first matters most. */
const longestBody = 60_000;
const cut = '\n\n… shortened. `sluice pr show` and `sluice plan` tell everything.\n';

/** The body with the marker behind it. */
export function withMarker(body: string, marker: Marker): string {
  const shown = body.length <= longestBody ? body : `${body.slice(0, longestBody)}${cut}`;
  // A comment ends at the first `>` after two dashes, so there is none in it.
  const json = JSON.stringify(marker).replace(/[<>]/g, (c) => (c === '<' ? '\\u003c' : '\\u003e'));
  return `${shown}${opening}${json}${ending}`;
}

/** Takes them apart again. A body whose marker was removed or damaged has none. */
export function splitBody(text: string): {
  readonly body: string;
  readonly marker: Marker | undefined;
} {
  const body = text.replaceAll('\r\n', '\n');
  const at = body.lastIndexOf(opening);
  const end = at === -1 ? -1 : body.indexOf('-->', at);
  if (end === -1) return { body, marker: undefined };
  const parsed = Marker.safeParse(json(body.slice(at + opening.length, end)));
  return { body: body.slice(0, at), marker: parsed.success ? parsed.data : undefined };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
