import { z } from 'zod';
import { type Sha256, type SnapshotId, sha256Of } from '../model/index.ts';
import { checkUpstreamUrl } from './addresses.ts';
import { parseCron } from './cron.ts';

/**
 * The small things that policy files are made of. YAML scalars arrive as the text that was written; each of these
 * checks that text and makes the value. `editor` in the meta data is what an editor's JSON Schema says instead, where
 * an editor sees a number or a boolean.
 */
const text = (problem: string) => z.string().min(1, problem);

/** A check by pattern that says in words what it expects. */
const matching = (pattern: RegExp, expected: string) =>
  z.string().regex(pattern, `expected ${expected}`);

/** Names of channels, upstreams, trees and policies are used in paths and URLs. */
export const name = matching(
  /^[a-z0-9][a-z0-9._-]{0,63}$/,
  'a name: up to 64 of a-z 0-9 . _ - and a letter or digit first',
);

/** Ids come from vendors: anything printable, but no control characters, and short enough for a file name. */
export const updateId = matching(
  /^[A-Za-z0-9](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/,
  'an id of up to 200 printable ASCII characters that starts with a letter or digit',
);

export const sentence = text('expected some words').max(2000, 'expected at most 2000 characters');

/** Globs know `*` and `?`; parentheses, `$` and the like belong to regular expressions and are refused. */
export const glob = matching(
  /^[A-Za-z0-9._+~^:*?%-]{1,200}$/,
  'a glob: a name in which * stands for any characters and ? for one; not a regular expression',
);

/** `true` or `false`, as YAML 1.2 has them. */
export const yesOrNo = z
  .string()
  .refine((t) => t === 'true' || t === 'false', 'expected true or false')
  .transform((t) => t === 'true')
  .meta({ editor: { type: 'boolean' } });

/** A whole number without sign, point or leading zero. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .refine(
      (t) => /^(0|[1-9][0-9]{0,14})$/.test(t) && Number(t) >= min && Number(t) <= max,
      `expected a whole number from ${min} to ${max}`,
    )
    .transform(Number)
    .meta({ editor: { type: 'integer', minimum: min, maximum: max } });

const durationPattern =
  /^(?=.)(?:(\d{1,5})w)?(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/;

/** `7d`, `10d12h`, `30m` → seconds. */
export const duration = matching(durationPattern, 'a duration such as 7d, 10d12h or 30m').transform(
  (t) => {
    const [, w, d, h, m, s] = durationPattern.exec(t) ?? [];
    const n = (x: string | undefined) => Number(x ?? 0);
    return n(w) * 604800 + n(d) * 86400 + n(h) * 3600 + n(m) * 60 + n(s);
  },
);

const sizePattern = /^([1-9][0-9]{0,9})(?:([KMGT])iB)?$/;
const sizeFactor: Readonly<Record<string, number>> = {
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** `4GiB`, `500MiB` → bytes. */
export const size = matching(
  sizePattern,
  'a size such as 4GiB, 500MiB or a number of bytes',
).transform((t) => {
  const [, count, unit] = sizePattern.exec(t) ?? [];
  return Number(count) * (sizeFactor[unit ?? ''] ?? 1);
});

/** A calendar day, in UTC. */
export const day = matching(/^\d{4}-\d{2}-\d{2}$/, 'a day such as 2027-01-31').refine(
  (t) => isDate(`${t}T00:00:00Z`, t),
  'expected a day that exists',
);

export const isDay = (text: string): boolean => day.safeParse(text).success;

/** An instant in UTC, ISO 8601. */
export const instant = matching(
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/,
  'an instant such as 2026-11-20T06:00:00Z',
).refine((t) => isDate(t, t.slice(0, 10)), 'expected an instant that exists');

function isDate(iso: string, date: string): boolean {
  const ms = Date.parse(iso);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(date);
}

export const sha256 = matching(/^[0-9a-fA-F]{64}$/, 'a SHA-256: 64 hex digits').transform(
  (t): Sha256 => sha256Of(t),
);

export const snapshotId = matching(
  /^sha256:[0-9a-f]{64}$/,
  'the name of a snapshot: sha256: and 64 hex digits',
).transform((t) => t as SnapshotId);

/** Whole fingerprints only: a key id of 32 or 64 bits can be forged. Normalised to upper case without spaces. */
export const fingerprint = matching(
  /^(?:[0-9a-fA-F] *){40}$/,
  'a full fingerprint of 40 hex digits; short and long key ids can be forged',
).transform((t) => t.replaceAll(' ', '').toUpperCase());

/** Five cron fields, read in UTC. */
export const cron = z.string().refine((t) => parseCron(t) === undefined, {
  error: (issue) => `expected five cron fields: ${parseCron(String(issue.input)) ?? ''}`,
});

export const keyPath = matching(
  /^keys\/[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.asc$/,
  'the path of a public key in this repository, such as keys/vendor.asc',
);

/** A relative path below the published root: segments of plain characters, none of them `.` or `..`. */
export const publishedPath = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,7}$/,
  'a relative path such as el9/production: plain names separated by /',
);

/** What access rules speak about; `*` also stands for slashes. */
export const objectGlob = matching(
  /^[A-Za-z0-9._+~^:*?%@/-]{1,300}$/,
  'an object such as promotion/production/*, channel/production or package/kernel*',
);

/** An SSH public key as `ssh-keygen` writes it; the comment is dropped, certificates are not taken. */
export const sshKey = matching(
  /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]{32,2000}={0,2}(?: [\x20-\x7e]{0,200})?$/,
  'an SSH public key: its type and base64, as in id_ed25519.pub',
).transform((t) => t.split(' ').slice(0, 2).join(' '));

/** Where an upstream's files are, ending in a slash. */
export const address = z.string().transform((text, ctx) => {
  const verdict = checkUpstreamUrl(text);
  if ('url' in verdict) return verdict.url;
  ctx.addIssue({ code: 'custom', message: verdict.problem });
  return z.NEVER;
});

export const answer = z.enum(['auto', 'ask', 'never']);
