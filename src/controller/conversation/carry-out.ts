import { canonicalDigest } from '../../model/index.ts';
import type { Installation } from '../installation.ts';
import { approved } from './approved.ts';
import { channelOf, commandEdits, type WritingCommand } from './command-edits.ts';
import { commenterOf } from './commenter.ts';
import { explained } from './explained.ts';
import type { Asked, Outcome } from './outcome.ts';
import { denied, rejection } from './permission.ts';
import { writeDecision } from './write-decision.ts';

/** Finds out who asks and whether they may, and does it. Doing it twice is doing it once. */
export async function carryOut(c: Installation, asked: Asked): Promise<Outcome> {
  const { desired, comment, command, record } = asked;
  const who = await commenterOf(c, desired, comment);
  if ('problem' in who) {
    return { kind: 'refused', why: `${command.verb}: ${who.problem}`, fix: who.fix };
  }
  const { name } = who;
  if (command.verb === 'explain') return { kind: 'told', lines: explained(asked) };
  if (command.verb === 'approve') return approved(c, { ...asked, command, name });
  if (command.verb !== 'reject') return written(c, { ...asked, command, name });
  // The answer comes first; whoever carries this out closes the proposal then.
  const closed = `proposal ${record.number} is closed by ${name}: this content is not proposed again, other content is.`;
  return denied(desired, name, [rejection(record)]) ?? { kind: 'done', lines: [closed] };
}

async function written(
  c: Installation,
  asked: Asked & { readonly command: WritingCommand; readonly name: string },
): Promise<Outcome> {
  const { desired, comment, command, record, name } = asked;
  const { at, page } = comment;
  const meant = commandEdits(command, { desired, record, name, at, page });
  if ('why' in meant) {
    return { kind: 'refused', why: `${command.verb}: ${meant.why}`, fix: meant.fix };
  }
  if (meant.edits.length === 0) {
    return { kind: 'told', lines: [`${meant.subject}: it is so already.`] };
  }
  const where = `#${comment.number} ${comment.forge ?? 'local'} ${comment.id}`;
  return writeDecision(c, {
    ...{ desired, name, edits: meant.edits, subject: meant.subject },
    id: canonicalDigest({ number: comment.number, comment: comment.id }),
    why: `${name} asked for it with a comment on proposal ${comment.number} (${channelOf(record)}).`,
    trailers: { 'Sluice-Decided-By': name, 'Sluice-Comment': where },
  });
}
