import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import type { Brings } from '../../../model/index.ts';

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
  /** What the proposal brings, packed: most of it is digests. */
  brings: z.string().max(45_000).optional(),
  closed: z
    .object({
      by: z.enum(['person', 'controller']),
      as: z.enum(['merged', 'withdrawn', 'superseded', 'rejected']),
    })
    .optional(),
});
export type Marker = z.output<typeof Marker>;

const opening = '\n<!-- sluice ';
const ending = ' -->\n';
/** GitHub takes 65,536 characters; of what is shown the beginning matters most. */
const longestText = 65_000;
const cut = '\n\n… shortened. `sluice pr show` and `sluice plan` tell everything.\n';

/** The body with the marker behind it. */
export function withMarker(body: string, marker: Marker): string {
  // A comment ends at the first `>` after two dashes, so there is none in it.
  const json = JSON.stringify(marker).replace(/[<>]/g, (c) => (c === '<' ? '\\u003c' : '\\u003e'));
  const hidden = `${opening}${json}${ending}`;
  const room = longestText - hidden.length - cut.length;
  const shown = body.length <= room + cut.length ? body : `${body.slice(0, room)}${cut}`;
  return `${shown}${hidden}`;
}

const longestPacked = 45_000;
const longestUnpackedBytes = 4 * 1024 * 1024;
const BringsText = z.record(z.string(), z.array(z.string()));

/** undefined when it has no room in a pull request; content that needs approvals then stays out. */
export function packed(brings: Brings | undefined): string | undefined {
  if (brings === undefined) return undefined;
  const text = deflateRawSync(JSON.stringify(brings), { level: 9 }).toString('base64');
  return text.length <= longestPacked ? text : undefined;
}

export function unpacked(text: string | undefined): Brings | undefined {
  if (text === undefined) return undefined;
  try {
    const options = { maxOutputLength: longestUnpackedBytes };
    const bytes = inflateRawSync(Buffer.from(text, 'base64'), options);
    return BringsText.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
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
