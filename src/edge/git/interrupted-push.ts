import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { refValue } from './mirror.ts';
import { removeAll } from './own-files.ts';
import { ensureTrusted, type PolicyPlace } from './policy-place.ts';
import { removeRef, writeRef } from './write-ref.ts';

/** The commit that is being pushed; in the private clone, and there after the push only where that did not succeed. */
const pushingRef = 'refs/sluice/pushing';

/** git holds a lock for milliseconds; in somebody's repository no lock is taken for dead before this. */
const deadSeconds = 60;

/** Notes the commit while `push` runs, so that a killed push can be told from the work of a person. */
export async function whilePushing(
  place: PolicyPlace,
  commit: string,
  push: () => Promise<void>,
): Promise<void> {
  await writeRef(place, place.clone, { ref: pushingRef, value: commit });
  await push();
  // Once it arrived, a person may undo it by hand, which looks the same.
  await removeRef(place, place.clone, pushingRef);
}

/**
 * Takes back what a killed push of ours left in the policy repository's working tree (git moves files first and the
 * branch after, without a transaction over both). Only where every file and the whole index are exactly those of the
 * commit that was being pushed, HEAD is its parent and the locks are dead: then nothing of a person is touched.
 */
export async function mendInterruptedPush(place: PolicyPlace): Promise<void> {
  const { workTree, localGitDirectory: directory } = place;
  if (workTree === undefined || directory === undefined || !existsSync(place.clone)) return;
  const pushing = await refValue(place, pushingRef, place.clone);
  if (pushing === undefined) return;
  await ensureTrusted(place);
  const parent = await resolved(place, place.clone, `${pushing}^`);
  if ((await resolved(place, directory, 'HEAD')) !== parent) return;
  const locks = ['HEAD.lock', `refs/heads/${place.branch}.lock`].map((name) =>
    join(directory, name),
  );
  if (existsSync(join(directory, 'index.lock')) || !(await areDead(locks))) return;
  const inTree = (...args: readonly string[]) =>
    place.git({ directory, args: [`--work-tree=${workTree}`, ...args], allow: [1, 128] });
  const index = await inTree('write-tree', '--missing-ok');
  const tree = await resolved(place, place.clone, `${pushing}^{tree}`);
  if (index.stdout.toString('utf8').trim() !== tree) return;
  if ((await inTree('diff-files', '--quiet')).exitCode !== 0) return;
  for (const lock of locks) await removeAll(lock);
  await inTree('reset', '--hard', '--quiet', 'HEAD');
}

async function resolved(
  place: PolicyPlace,
  directory: string,
  revision: string,
): Promise<string | undefined> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', revision];
  const answer = await place.git({ directory, args, allow: [1, 128] });
  return answer.exitCode === 0 ? answer.stdout.toString('utf8').trim() : undefined;
}

async function areDead(locks: readonly string[]): Promise<boolean> {
  for (const lock of locks) {
    const found = await stat(lock).catch(() => undefined);
    if (found && (Date.now() - found.mtimeMs) / 1000 < deadSeconds) return false;
  }
  return true;
}
