import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { type CommitId, Fault } from '../../model/index.ts';
import { quarantined, refValue, setRef } from './mirror.ts';
import { ensureBare, ensureTrusted, ownConfig, type PolicyPlace } from './policy-place.ts';
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

async function isWhole(
  place: PolicyPlace,
  accepted: CommitId | undefined,
  thorough: boolean,
): Promise<boolean> {
  const { mirror: directory } = place;
  const branch = `refs/heads/${place.branch}`;
  try {
    const head = accepted ?? (await refValue(place, branch));
    if (head === undefined) return true;
    const reach = ['rev-list', '--objects', '--quiet', '--max-count=1', head];
    await place.git({ directory, args: reach });
    if (thorough) await place.git({ directory, args: ['fsck', '--no-dangling', '--no-progress'] });
    // Killed between the ref and the journal, or the ref lost: the caller's word counts.
    if (accepted !== undefined && (await refValue(place, branch)) !== accepted) {
      await setRef(place, branch, accepted);
    }
    return true;
  } catch (error) {
    if (error instanceof Fault && error.code === 'ToolFailed') return false;
    throw error;
  }
}

/** The private clone borrows the mirror's objects, so it goes too; everything in it can be made again. */
async function putAside(place: PolicyPlace): Promise<void> {
  const aside = `${place.mirror}.damaged`;
  await rm(aside, { recursive: true, force: true });
  await rename(place.mirror, aside);
  await rm(place.clone, { recursive: true, force: true });
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
