import { type CommitId, Fault } from '../../../model/index.ts';
import { cloneGit, objectNameIn, pushRefs } from '../../git/index.ts';
import { isMerged, mergedBy, mergedTree } from '../branch.ts';
import { closeProposal } from './close-proposal.ts';
import type { LocalState } from './local-forge.ts';
import type { StoredProposal } from './schema.ts';

/** `git merge --no-ff` of the branch into the watched branch, without a working tree. */
export async function mergeProposal(
  state: LocalState,
  stored: StoredProposal,
  by?: string,
): Promise<CommitId> {
  const { place, refs, main } = state;
  const head = refs.get(`refs/heads/${stored.branch}`);
  if (stored.state !== 'open' || head === undefined) throw notOpen(stored);
  const merged = (await isMerged(place, head, main))
    ? main
    : await mergeCommit(state, stored, { head, by });
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
  { head, by }: { readonly head: string; readonly by: string | undefined },
): Promise<string> {
  const git = await cloneGit(place);
  const tree = await mergedTree(git, main, head);
  if (tree === undefined) throw conflict(stored);
  const message = `${mergeMessage(stored)}${mergedBy(by)}`;
  const parents = ['-p', main, '-p', head];
  const commit = ['commit-tree', ...parents, '-m', message, tree];
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

/** The title came from an upstream: one line of it, so that no text of it becomes a trailer. */
function mergeMessage({ number, title, identity, deltaDigest }: StoredProposal): string {
  const subject = `Merge #${number}: ${title.replace(/[\p{C}\p{Z}]+/gu, ' ').slice(0, 100)}`;
  return `${subject}\n\nSluice-Proposal: ${identity}\nSluice-Delta: ${deltaDigest}\n`;
}

function conflict(stored: StoredProposal): Fault {
  return new Fault('MergeConflict', {
    object: `proposal ${stored.number}`,
    check: `${stored.branch} merges cleanly`,
    found: 'a conflict',
    fix: 'Run `sluice reconcile`: it rebuilds the branch; an edited branch is rebased by its author.',
  });
}
