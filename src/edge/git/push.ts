import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../model/index.ts';
import { gitFault } from './git-fault.ts';
import { ensureTrusted, type PolicyPlace, unavailable } from './policy-place.ts';

export interface RefChange {
  readonly ref: string;
  /** What the policy repository has now; undefined: the ref is not there yet. */
  readonly from: string | undefined;
  /** undefined deletes it. */
  readonly to: string | undefined;
}

/**
 * Moves refs of the policy repository, all or none, and only from where they are believed to be. Throws `TreeBusy`,
 * `PushRejected` (one of them moved meanwhile) or `PolicyUnavailable`; nothing has changed then.
 */
export async function pushRefs(
  place: PolicyPlace,
  directory: string,
  changes: readonly RefChange[],
): Promise<void> {
  await checkOwner(place);
  if (changes.some((c) => c.ref === `refs/heads/${place.branch}`)) await checkTree(place);
  await ensureTrusted(place);
  const leases = changes.map((c) => `--force-with-lease=${c.ref}:${c.from ?? ''}`);
  const specs = changes.map((c) => `${c.to ?? ''}:${c.ref}`);
  const args = ['push', '--porcelain', '--atomic', '--no-verify', ...leases];
  const answer = await place
    .git({
      directory,
      args: [...args, '--end-of-options', place.url, ...specs],
      protocols: place.protocols,
      allow: [1],
    })
    .catch((error: unknown) => {
      throw unavailable(place, error);
    });
  if (answer.exitCode === 0) return checkPushed(changes, answer.stdout.toString('utf8'));
  const said = `${answer.stdout.toString('utf8')}\n${answer.stderr}`;
  const reason = said.split('\n').filter((line) => line.startsWith('!'));
  const refused = gitFault(place.url, 'the policy repository takes what is pushed', said);
  if (refused.code !== 'ToolFailed') throw refused;
  throw rejected(place, reason.join(' | ') || said.trim().slice(-400));
}

/** git names every ref that it moved; a program that only says yes is not believed. */
function checkPushed(changes: readonly RefChange[], porcelain: string): void {
  const lines = porcelain.split('\n');
  const silent = changes.find(
    ({ ref }) => !lines.some((line) => line.split('\t')[1]?.endsWith(`:${ref}`)),
  );
  if (silent === undefined) return;
  throw new Fault('ToolFailed', {
    object: 'git push',
    check: `${silent.ref} was pushed`,
    found: 'exit 0 without a word about it',
    fix: 'Run `sluice doctor`; it names what git needs here.',
  });
}

/** Throws `TreeBusy` where nothing could be pushed to the watched branch now; changes nothing. */
export async function checkFree(place: PolicyPlace): Promise<void> {
  await checkOwner(place);
  await checkTree(place);
}

/** Files of another owner would appear in somebody's repository and lock them out of it. */
async function checkOwner(place: PolicyPlace): Promise<void> {
  const directory = place.localGitDirectory;
  if (directory === undefined || !existsSync(directory)) return;
  const { uid } = await stat(directory);
  const own = process.getuid?.();
  if (own === undefined || uid === own) return;
  throw busy(place, {
    check: 'the repository belongs to the user that the controller runs as',
    expected: `uid ${own}`,
    found: `uid ${uid}`,
    fix: `Run the controller as the owner, or give it the repository: chown -R ${own} ${place.url}`,
  });
}

const underWay = ['rebase-merge', 'rebase-apply', 'MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD'];

/** Somebody may be in the middle of an edit; their files and their merge stay untouched. */
async function checkTree(place: PolicyPlace): Promise<void> {
  const { workTree, localGitDirectory: directory } = place;
  if (workTree === undefined || directory === undefined) return;
  // Without HEAD it is no repository any more; the push says so.
  const head = (await readFile(join(directory, 'HEAD'), 'utf8').catch(() => undefined))?.trim();
  if (head === undefined) return;
  if (head !== `ref: refs/heads/${place.branch}`) {
    throw busy(place, {
      check: `its working tree is on ${place.branch}`,
      found: head.replace('ref: refs/heads/', ''),
      fix: `Run: git -C ${workTree} switch ${place.branch}`,
    });
  }
  const state = [...underWay, 'index.lock'].find((name) => existsSync(join(directory, name)));
  if (state !== undefined) {
    throw busy(place, {
      check: 'no merge, rebase, revert or other git command is under way',
      found: state,
      fix: `Finish or abort it: git -C ${workTree} status`,
    });
  }
  const changed = await changedInTree(place, workTree);
  if (changed.length > 0) {
    throw busy(place, {
      check: 'its working tree is clean',
      found: changed.slice(0, 3).join(', '),
      fix: `Commit or put away the changes: git -C ${workTree} status (or, where nobody works there: git -C ${workTree} reset --hard)`,
    });
  }
}

async function changedInTree(place: PolicyPlace, workTree: string): Promise<readonly string[]> {
  await ensureTrusted(place);
  const args = [`--work-tree=${workTree}`, 'status', '--porcelain=v1', '-z', '--no-renames'];
  const answer = await place.git({
    ...(place.localGitDirectory === undefined ? {} : { directory: place.localGitDirectory }),
    args: [...args, '--untracked-files=no', '--ignore-submodules=all'],
  });
  const entries = answer.stdout.toString('utf8').split('\0').filter(Boolean);
  return entries.map((entry) => entry.slice(3));
}

const treeReasons =
  /working (?:directory|tree)|currently checked out|denyCurrentBranch|cannot lock|index\.lock/i;

function rejected(place: PolicyPlace, reason: string): Fault {
  if (/current branch|currently checked out|denyCurrentBranch/i.test(reason)) {
    return busy(place, {
      check: 'the repository takes commits for the branch that is checked out',
      found: reason,
      fix: `Run: git -C ${place.url} config receive.denyCurrentBranch updateInstead`,
    });
  }
  if (treeReasons.test(reason)) {
    return busy(place, {
      check: 'the working tree can take the new commit',
      found: reason,
      fix: `Commit or put away the changes: git -C ${place.url} status`,
    });
  }
  return new Fault('PushRejected', {
    object: place.url,
    check: 'the policy repository is where it was when the commit was made',
    found: reason,
    fix: 'Nothing to do: the next pass builds on the new head.',
  });
}

function busy(
  place: PolicyPlace,
  fields: { check: string; expected?: string; found: string; fix: string },
): Fault {
  return new Fault('TreeBusy', { object: place.url, ...fields });
}
