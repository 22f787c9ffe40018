import { Fault, type Hold, type Outcome } from '../model/index.ts';

/** The policy repository is in somebody's hands: the step waits for the next pass, nothing is lost. Others go on. */
export function waitsForGit(error: unknown, subject: string, channel?: string): Outcome {
  if (!(error instanceof Fault) || (error.code !== 'TreeBusy' && error.code !== 'PushRejected')) {
    throw error;
  }
  const hold: Hold = {
    code: error.code,
    subject,
    ...(channel === undefined ? {} : { channel }),
    text: error.message,
    awaits: error.fix,
  };
  return { kind: 'waiting', hold };
}
