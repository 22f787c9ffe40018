import type { Desired, Plan, ProposalRecord } from '../../model/index.ts';
import { readCommand } from '../../policy/index.ts';
import type { ProposalComment } from '../../ports.ts';
import { answerText } from '../../proposer/index.ts';
import type { Installation } from '../installation.ts';
import { carryOut } from './carry-out.ts';
import type { Outcome } from './outcome.ts';

/** Somebody who writes hundreds of commands keeps nobody else waiting, and fills no page at once. */
const mostAnswers = 20;

/**
 * Does what the commands below open proposals ask for and answers each once. First the effect, then the answer, then
 * the journal: killed in between, the next pass finds the effect there, or the answer, and goes on from it.
 */
export async function answerComments(
  c: Installation,
  desired: Desired,
  planned: Plan,
): Promise<boolean> {
  const comments = await c.ports.forge.comments();
  const waiting = comments.filter((comment) => {
    return !c.memory().answeredComments.has(keyOf(comment)) && /^\/sluice\b/.test(comment.text);
  });
  if (waiting.length === 0) return false;
  const records = new Map((await c.ports.forge.list()).map((r) => [r.number, r]));
  let changed = false;
  for (const comment of waiting.slice(0, mostAnswers)) {
    const record = records.get(comment.number);
    if (record?.state !== 'open') continue;
    changed = (await answerOne(c, { desired, planned, comment, record })) || changed;
  }
  return changed;
}

const keyOf = ({ number, id }: ProposalComment): string => `${number}/${id}`;

async function answerOne(
  c: Installation,
  about: {
    readonly desired: Desired;
    readonly planned: Plan;
    readonly comment: ProposalComment;
    readonly record: ProposalRecord;
  },
): Promise<boolean> {
  const { comment, record } = about;
  const command = readCommand(comment.text);
  if (command === undefined) return false;
  const answered = comment.answer !== undefined;
  // What was answered was done before; only closing comes after its answer.
  const rejects = !('problem' in command) && command.verb === 'reject';
  if (answered && !rejects) return noted(c, comment, { kind: 'told' });
  const outcome: Outcome =
    'problem' in command
      ? { kind: 'refused', why: `not understood: ${command.problem}`, fix: 'a new comment' }
      : await carryOut(c, { ...about, command });
  await c.ports.forge.answer(comment, answerText(comment.text, outcome));
  if (rejects && outcome.kind === 'done')
    await c.ports.forge.close(record.number, 'person', 'rejected');
  await noted(c, comment, outcome);
  return outcome.kind === 'done';
}

async function noted(
  c: Installation,
  comment: ProposalComment,
  { kind: outcome }: Pick<Outcome, 'kind'>,
): Promise<false> {
  const { number, id, person: by } = comment;
  const asked = (comment.text.split('\n')[0] ?? '').slice(0, 200);
  await c.note('comment-answered', { number, id, by, asked, outcome });
  return false;
}
