import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Response } from './routes.ts';

/** A webhook as it arrived: the signature is over exactly these bytes. */
export interface HookRequest {
  /** The rest of the path below `/hooks/`. */
  readonly name: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
}

export type HookReceiver = (request: HookRequest) => Response;

export interface HookOptions {
  readonly name: 'github' | 'gitea';
  /** `owner/name`; deliveries about others are not for us. */
  readonly repository: string;
  readonly secret: string;
  /** Wakes the loop. It carries nothing: what is true is read from git and the forge. */
  readonly hint: () => void;
}

/** Of each event only that it is about our repository. */
const Delivery = z.object({ repository: z.object({ full_name: z.string() }) });

/** Events after which a look is worth it; Gitea has names of its own for reviews. */
const telling =
  /^(push|delete|create|status|check_run|check_suite|issue_comment|pull_request(_\w+)?)$/;

const rememberedDeliveries = 10_000;

/**
 * Takes deliveries whose HMAC-SHA256 over the raw bytes is right, each once. A delivery is a hint and nothing more; a
 * lost, repeated, late or lying one changes no outcome.
 */
export function hookReceiver(options: HookOptions): HookReceiver {
  if (options.secret === '') throw new Error('a webhook without a secret is for everybody');
  const seen = new Set<string>();
  return ({ name, headers, body }) => {
    if (name !== options.name) return answer(404, 'Not found.\n');
    const signature = signatureIn(headers);
    if (!isSigned(options.secret, body, signature)) return answer(401, 'Not signed.\n');
    if (headers['content-encoding'] !== undefined) return answer(415, 'Send it as it is.\n');
    const delivery = headers['x-github-delivery'] ?? headers['x-gitea-delivery'];
    if (typeof delivery !== 'string' || delivery === '') return answer(400, 'No delivery id.\n');
    const about = parsed(body);
    if (about === undefined) return answer(400, 'Not understood.\n');
    // The id is not signed, the bytes are: either one seen before is a repetition.
    const keys = [`id ${delivery.slice(0, 100)}`, `bytes ${signature}`];
    const repeated = keys.some((key) => seen.has(key));
    for (const key of keys) remember(seen, key);
    const event = headers['x-github-event'] ?? headers['x-gitea-event'];
    const ours = about.repository.full_name.toLowerCase() === options.repository.toLowerCase();
    if (!repeated && ours && telling.test(String(event))) options.hint();
    return answer(202, repeated ? 'Known already.\n' : 'Noted.\n');
  };
}

/** GitHub and Gitea send `sha256=` and hex; Gitea also sends bare hex. SHA-1 is not looked at. */
function signatureIn(headers: HookRequest['headers']): string {
  const named = headers['x-hub-signature-256'];
  const hex = typeof named === 'string' ? /^sha256=(.*)$/.exec(named)?.[1] : undefined;
  const bare = headers['x-gitea-signature'];
  return (named === undefined && typeof bare === 'string' ? bare : hex) ?? '';
}

function isSigned(secret: string, body: Uint8Array, signature: string): boolean {
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = /^[0-9a-f]{64}$/.test(signature) ? Buffer.from(signature, 'hex') : Buffer.alloc(32);
  // Compared in any case, so that the time tells nothing about which part was wrong.
  return timingSafeEqual(expected, given);
}

function parsed(body: Uint8Array): z.output<typeof Delivery> | undefined {
  try {
    return Delivery.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)))
      .data;
  } catch {
    return undefined;
  }
}

function remember(seen: Set<string>, key: string): void {
  seen.add(key);
  const [oldest] = seen;
  if (seen.size > 2 * rememberedDeliveries && oldest !== undefined) seen.delete(oldest);
}

const answer = (status: number, body: string): Response => ({
  ...{ kind: 'text', status, type: 'text/plain; charset=utf-8', body },
});
