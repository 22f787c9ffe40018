import { type Code, Fault, type Hold, type Outcome } from '../model/index.ts';

const waits: ReadonlySet<Code> = new Set(['TreeBusy', 'PushRejected', 'ForgeUnavailable']);

/**
 * The policy repository is in somebody's hands, or its forge is away: the step waits for the next pass, nothing is
 * lost. Others go on.
 */
export function waitsForGit(error: unknown, subject: string, channel?: string): Outcome {
  if (!(error instanceof Fault) || !waits.has(error.code)) throw error;
  const hold: Hold = {
    code: error.code,
    subject,
    ...(channel === undefined ? {} : { channel }),
    text: error.message,
    awaits: error.fix,
  };
  return { kind: 'waiting', hold };
}
