import { existsSync } from 'node:fs';
import { type CommitId, Fault } from '../../model/index.ts';
import { quarantined, setRef } from './mirror.ts';
import { removeAll, renameTo } from './own-files.ts';
import { ensureBare, ensureTrusted, ownConfig, type PolicyPlace } from './policy-place.ts';
import { markReadThrough, wasReadThrough } from './read-through.ts';
import { refsOnDisk } from './refs-on-disk.ts';
import { removeStaleLocks } from './stale-locks.ts';

/**
 * Makes the mirror whole. A damaged one (HEAD gone, objects unreadable, bytes flipped) is put aside and fetched anew;
 * the new one must hold the accepted head, or nothing goes on. `thorough` reads every object.
 */
export async function prepareMirror(
  place: PolicyPlace,
  accepted: CommitId | undefined,
  thorough: boolean,
): Promise<void> {
  const fresh = !existsSync(place.mirror);
  if (!fresh) {
    await ownConfig(place.mirror);
    await removeStaleLocks(place.mirror);
  }
  if (!fresh && (await isWhole(place, accepted, thorough))) {
    await ensureBare(place, place.mirror);
    return;
  }
  if (!fresh) await putAside(place);
  await ensureBare(place, place.mirror);
  if (accepted !== undefined) await restore(place, accepted);
}

/** Only git's own verdict counts as damage; a git that was killed or never started says nothing. */
async function isWhole(
  place: PolicyPlace,
  accepted: CommitId | undefined,
  thorough: boolean,
): Promise<boolean> {
  const branch = `refs/heads/${place.branch}`;
  const name = ['rev-parse', '--verify', '--quiet', '--end-of-options', branch];
  const named =
    (await refsOnDisk(place.mirror, [branch]))?.get(branch) ?? (await says(place, name));
  const head = accepted ?? named;
  if (head === undefined) return (await says(place, ['rev-parse', '--git-dir'])) !== undefined;
  // What is reached from every ref was there when all of it was read, and each file is the one that was read.
  if (named === head && (await wasReadThrough(place.mirror))) return true;
  const reach = ['rev-list', '--objects', '--quiet', '--max-count=1', head];
  if ((await says(place, reach)) === undefined) return false;
  if (thorough && !(await isReadThrough(place))) return false;
  // Killed between the ref and the journal, or the ref lost: the caller's word counts.
  if (accepted === undefined || named === accepted) return true;
  return (await says(place, ['update-ref', branch, accepted])) !== undefined;
}

async function isReadThrough(place: PolicyPlace): Promise<boolean> {
  if (await wasReadThrough(place.mirror)) return true;
  if ((await says(place, ['fsck', '--no-dangling', '--no-progress'])) === undefined) return false;
  await markReadThrough(place.mirror);
  return true;
}

const refusals = Array.from({ length: 128 }, (_, i) => i + 1);

async function says(place: PolicyPlace, args: readonly string[]): Promise<string | undefined> {
  const answer = await place.git({ directory: place.mirror, args, allow: refusals });
  return answer.exitCode === 0 ? answer.stdout.toString('latin1').trim() : undefined;
}

/** The private clone borrows the mirror's objects, so it goes too; everything in it can be made again. */
async function putAside(place: PolicyPlace): Promise<void> {
  const aside = `${place.mirror}.damaged`;
  await removeAll(aside);
  await renameTo(place.mirror, aside);
  await removeAll(place.clone);
}

async function restore(place: PolicyPlace, accepted: CommitId): Promise<void> {
  await ensureTrusted(place);
  await quarantined(place);
  const args = ['cat-file', '-e', `${accepted}^{commit}`];
  const answer = await place.git({ directory: place.mirror, args, allow: [1, 128] });
  if (answer.exitCode === 0) {
    await setRef(place, `refs/heads/${place.branch}`, accepted);
    return;
  }
  throw new Fault('HistoryRewritten', {
    object: place.url,
    check: 'the policy repository still has the accepted head',
    expected: accepted,
    found: 'no such commit after the local mirror had to be fetched anew',
    fix: 'Bring the commit back, or run `sluice acknowledge COMMIT` for the history that is meant.',
  });
}
