import type { PassableGate } from '../model/index.ts';
import { isDay } from './words.ts';

/** What a comment on a proposal asks for; nothing of it is allowed yet. */
export type CommentCommand =
  | { readonly verb: 'explain' }
  | Reasoned<'good'>
  | Reasoned<'hold'>
  | Reasoned<'reject'>
  | Reasoned<'expedite'>
  /** Whole digests: a shortened one could be met by somebody who tries long enough. */
  | { readonly verb: 'approve'; readonly delta: string; readonly head?: string }
  | {
      readonly verb: 'waive';
      readonly gate: PassableGate;
      /** The last day, `YYYY-MM-DD`. */
      readonly until: string;
      readonly reason: string;
    };

interface Reasoned<V> {
  readonly verb: V;
  readonly reason: string;
}

export type CommandVerb = CommentCommand['verb'];

/** How each verb is written, for answers and pages. */
export const commandForms: Readonly<Record<CommandVerb, string>> = {
  explain: '/sluice explain',
  good: '/sluice good [where the results are]',
  hold: '/sluice hold [reason]',
  reject: '/sluice reject [reason]',
  approve: '/sluice approve DELTA [HEAD]',
  expedite: '/sluice expedite REASON',
  waive: '/sluice waive GATE YYYY-MM-DD REASON',
};

const longestLine = 600;
const gates: readonly PassableGate[] = ['soak', 'window', 'cadence', 'freeze', 'approvals'];
const digest = /^(?:sha256:)?([0-9a-f]{64})$/;
const commit = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * The command of a comment: its first line, from its first character on, in small letters. Undefined for a comment that
 * is none; what begins like a command and is not understood is a problem, so that nobody waits for nothing.
 */
export function readCommand(
  text: string,
): CommentCommand | { readonly problem: string } | undefined {
  if (!/^\/sluice(?:\s|$)/.test(text)) return undefined;
  const lines = text.split(/\r?\n/);
  const line = (lines[0] ?? '').trimEnd();
  if (lines.slice(1).some((l) => l.startsWith('/sluice'))) {
    return { problem: 'one command a comment' };
  }
  if (line.length > longestLine || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line)) {
    return { problem: `one line of at most ${longestLine} characters, none of them invisible` };
  }
  const [, verb = '', ...words] = line.split(/ +/);
  if (!Object.hasOwn(commandForms, verb)) {
    return { problem: `expected one of: ${Object.values(commandForms).join(' · ')}` };
  }
  const known = verb as CommandVerb;
  return readers[known](words) ?? { problem: `expected ${commandForms[known]}` };
}

type Reader = (words: readonly string[]) => CommentCommand | undefined;

const withReason =
  (verb: 'good' | 'hold' | 'reject' | 'expedite'): Reader =>
  (words) => ({ verb, reason: words.join(' ') });

const readers: Readonly<Record<CommandVerb, Reader>> = {
  explain: (words) => (words.length === 0 ? { verb: 'explain' } : undefined),
  good: withReason('good'),
  hold: withReason('hold'),
  reject: withReason('reject'),
  expedite: (words) => (words.length === 0 ? undefined : withReason('expedite')(words)),
  approve: ([delta = '', head, ...more]) => {
    const found = digest.exec(delta)?.[1];
    if (found === undefined || more.length > 0) return undefined;
    if (head === undefined) return { verb: 'approve', delta: found };
    return commit.test(head) ? { verb: 'approve', delta: found, head } : undefined;
  },
  waive: ([gate, until = '', ...reason]) => {
    const found = gates.find((g) => g === gate);
    if (found === undefined || !isDay(until) || reason.length === 0) return undefined;
    return { verb: 'waive', gate: found, until, reason: reason.join(' ') };
  },
};
