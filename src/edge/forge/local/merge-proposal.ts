import { type CommitId, Fault } from '../../../model/index.ts';
import { commitMessage } from '../../../proposer/index.ts';
import { cloneGit, objectNameIn, pushRefs } from '../../git/index.ts';
import { isMerged } from './branch.ts';
import { closeProposal } from './close-proposal.ts';
import type { LocalState } from './local-forge.ts';
import type { StoredProposal } from './schema.ts';

/** `git merge --no-ff` of the branch into the watched branch, without a working tree. */
export async function mergeProposal(state: LocalState, stored: StoredProposal): Promise<CommitId> {
  const { place, refs, main } = state;
  const head = refs.get(`refs/heads/${stored.branch}`);
  if (stored.state !== 'open' || head === undefined) throw notOpen(stored);
  const merged = (await isMerged(place, head, main))
    ? main
    : await mergeCommit(state, stored, head);
  if (merged !== main) {
    const ref = `refs/heads/${place.branch}`;
    await pushRefs(place, place.clone, [{ ref, from: main, to: merged }]);
  }
  await closeProposal(state, stored, { by: 'person', as: 'merged' });
  return merged as CommitId;
}

async function mergeCommit(
  { place, main }: LocalState,
  stored: StoredProposal,
  head: string,
): Promise<string> {
  const git = await cloneGit(place);
  const merge = ['merge-tree', '--write-tree', '--name-only', '--no-messages', main, head];
  const tree = await git.raw(merge).catch((error: unknown) => {
    throw conflict(stored, error);
  });
  const message = commitMessage({
    subject: `Merge #${stored.number}: ${stored.title}`,
    paragraphs: [],
    trailers: { 'Sluice-Proposal': stored.identity, 'Sluice-Delta': stored.deltaDigest },
  });
  const parents = ['-p', main, '-p', head];
  const commit = ['commit-tree', ...parents, '-m', message, objectNameIn(tree, 'the merged tree')];
  return objectNameIn(await git.raw(commit), 'the merge commit');
}

function notOpen(stored: StoredProposal): Fault {
  return new Fault('ProposalUnknown', {
    object: `proposal ${stored.number}`,
    check: 'only an open proposal can be merged',
    found: stored.state === 'open' ? `its branch ${stored.branch} is gone` : stored.state,
    fix: 'Run `sluice pr list` for the open ones.',
  });
}

function conflict(stored: StoredProposal, error: unknown): Fault {
  return new Fault('MergeConflict', {
    object: `proposal ${stored.number}`,
    check: `${stored.branch} merges cleanly`,
    found:
      error instanceof Error ? error.message.split('\n').slice(0, 4).join(' | ') : 'a conflict',
    fix: 'Run `sluice reconcile`: it rebuilds the branch; an edited branch is rebased by its author.',
    cause: error,
  });
}
