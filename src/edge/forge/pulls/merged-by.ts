import type { CommitId } from '../../../model/index.ts';
import type { MergedProposal } from '../../../ports.ts';
import { cloneGit, type PolicyPlace, unavailable } from '../../git/index.ts';
import { mergedTree } from '../branch.ts';
import { syncForge } from '../forge-refs.ts';
import { approvalsOf } from './approvals.ts';
import { approvingComments } from './approving-comments.ts';
import type { PullRequest, PullRequests } from './pull-request.ts';

/**
 * The pull request into the watched branch whose merge commit is this one. That it brought what was reviewed is worked
 * out with git: also a merge by hand, a squash or a rebase has to have exactly the files of a clean merge.
 */
export async function mergedBy(
  place: PolicyPlace,
  api: Pick<PullRequests, 'forge' | 'withCommit' | 'reviews' | 'comments'>,
  commit: CommitId,
): Promise<MergedProposal | undefined> {
  const pulls = await api.withCommit(commit);
  const pull = pulls.find(
    (p) =>
      p.merged &&
      p.base === place.branch &&
      p.mergeCommit === commit &&
      /^[0-9a-f]{40,64}$/.test(p.head),
  );
  if (pull === undefined) return undefined;
  const comments = approvingComments(pull, await api.comments(pull.openedAt));
  const approvals = approvalsOf(pull, [...(await api.reviews(pull.number)), ...comments]);
  return {
    forge: api.forge,
    number: pull.number,
    author: pull.author,
    head: pull.head as CommitId,
    asReviewed: await isCleanMerge(place, pull, commit),
    approvals: approvals.map(({ person, head, at }) => ({ person, head, at })),
  };
}

async function isCleanMerge(
  place: PolicyPlace,
  pull: PullRequest,
  commit: CommitId,
): Promise<boolean> {
  await syncForge(place);
  await haveHead(place, pull);
  const args = ['rev-list', '--parents', '-n', '1', '--end-of-options', commit];
  const listed = await place.git({ directory: place.clone, args });
  const [, base, ...sides] = listed.stdout.toString('latin1').trim().split(' ');
  if (base === undefined || sides.length > 1) return false;
  if (sides.length === 1 && sides[0] !== pull.head) return false;
  const git = await cloneGit(place);
  const tree = (await git.raw('rev-parse', '--verify', `${commit}^{tree}`)).trim();
  return (await mergedTree(git, base, pull.head)) === tree;
}

/** A squash leaves the reviewed commits out of the branch; forges keep them under a ref of their own. */
async function haveHead(place: PolicyPlace, { number, head }: PullRequest): Promise<void> {
  const asked = ['cat-file', '-e', `${head}^{commit}`];
  const here = await place.git({ directory: place.clone, args: asked, allow: [1, 128] });
  if (here.exitCode === 0) return;
  const flags = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
  const args = ['fetch', ...flags, '--end-of-options', place.url, `refs/pull/${number}/head`];
  try {
    await place.git({ directory: place.clone, args, protocols: place.protocols });
    await place.git({ directory: place.clone, args: asked });
  } catch (error) {
    throw unavailable(place, error);
  }
}
