import { type CommitId, Fault, type Outcome, type StepOf } from '../model/index.ts';
import type { Ports } from '../ports.ts';
import { commitMessage } from '../proposer/index.ts';
import { editTexts } from './edit-texts.ts';
import { waitsForGit } from './waits-for-git.ts';

const tries = 3;

type CommitStep = Pick<StepOf<'commit'>, 'subject' | 'edits' | 'why' | 'id'> & {
  /** Further lines of the message's last paragraph, such as who asked for it. */
  readonly trailers?: Readonly<Record<string, string>>;
};
type CommitPorts = Pick<Ports, 'policyGit'>;

/** The controller's own decision as one commit; rebuilt on the new head when somebody else pushed meanwhile. */
export async function commit(
  ports: CommitPorts,
  step: CommitStep,
  head: CommitId,
): Promise<Outcome> {
  let parent = head;
  for (let left = tries; ; left--) {
    try {
      return await commitOn(ports, step, parent);
    } catch (error) {
      const moved = error instanceof Fault && error.code === 'PushRejected';
      const next = moved && left > 1 ? await newHead(ports, head) : undefined;
      if (next === undefined) return waitsForGit(error, 'policy');
      parent = next;
    }
  }
}

async function commitOn(ports: CommitPorts, step: CommitStep, parent: CommitId): Promise<Outcome> {
  const message = commitMessage({
    subject: step.subject,
    paragraphs: [step.why.text],
    trailers: { ...step.trailers, 'Sluice-Step': step.id },
  });
  const changes = await editTexts(ports.policyGit, parent, step.edits);
  const made = await ports.policyGit.commitToWatched(parent, message, changes);
  if (made === parent) return { kind: 'already' };
  return { kind: 'done', text: `commit ${made.slice(0, 12)}: ${step.subject}` };
}

/** Only a head that descends from the accepted one is built upon; the watch judges anything else. */
async function newHead(ports: CommitPorts, accepted: CommitId): Promise<CommitId | undefined> {
  const head = await ports.policyGit.fetch(accepted);
  return (await ports.policyGit.isAncestor(accepted, head)) ? head : undefined;
}
