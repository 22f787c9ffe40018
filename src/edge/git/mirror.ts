import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommitId, Fault } from '../../model/index.ts';
import {
  ensureBare,
  ensureTrusted,
  type PolicyPlace,
  unavailable,
  withStaging,
} from './policy-place.ts';
import { objectName, objectNameIn } from './run-git.ts';

export const logRef = 'refs/sluice/generations';
/** What this installation tried to push last: a crash after the push is not a foreign writer. */
export const pushingRef = 'refs/sluice/generations-pushing';
const incoming = 'refs/sluice/incoming';

/**
 * Fetches the watched branch and the generation log into a repository that lives only now, has git check every object,
 * and only then copies the objects to the mirror. The mirror's branch does not move. (git's own fetch keeps bad
 * objects of a failed transfer, so it is never run in the mirror against the world.)
 */
export async function fetchIntoMirror(
  place: PolicyPlace,
  accepted: CommitId | undefined,
): Promise<CommitId> {
  await prepareMirror(place, accepted);
  await ensureTrusted(place);
  const remote = await remoteRefs(place);
  const head = remote.get(`refs/heads/${place.branch}`);
  if (head === undefined) throw await branchGone(place, accepted);
  const log = remote.get(logRef);
  const wanted = [head, ...(log === undefined ? [] : [log])];
  if (!(await holdsAll(place, wanted))) await quarantined(place);
  if (!(await holdsAll(place, [head]))) throw moved(place);
  await adoptLog(place, log);
  return head as CommitId;
}

/** The branches and refs that matter here, as the policy repository has them now. */
export async function remoteRefs(place: PolicyPlace): Promise<ReadonlyMap<string, string>> {
  try {
    const answer = await place.git({
      args: ['ls-remote', '--end-of-options', place.url, `refs/heads/${place.branch}`, logRef],
      protocols: place.protocols,
    });
    const lines = answer.stdout.toString('utf8').split('\n').filter(Boolean);
    return new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), oid(line)] as const));
  } catch (error) {
    throw unavailable(place, error);
  }
}

const oid = (line: string): string =>
  objectNameIn(line.slice(0, line.indexOf('\t')), 'an advertised ref');

/** Tips whose whole history was checked; only those are taken as known. */
async function holdsAll(place: PolicyPlace, ids: readonly string[]): Promise<boolean> {
  const answer = await place.git({
    directory: place.mirror,
    args: ['for-each-ref', '--format=%(objectname)', 'refs/heads', 'refs/sluice'],
  });
  const held = new Set(answer.stdout.toString('latin1').split('\n'));
  return ids.every((id) => held.has(id));
}

async function quarantined(place: PolicyPlace): Promise<void> {
  await withStaging(place, async (directory) => {
    const quarantine = join(directory, 'quarantine.git');
    await ensureBare(place, quarantine, place.mirror);
    const flags = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
    const specs = [
      `+refs/heads/${place.branch}:${incoming}/head`,
      `+${logRef}*:${incoming}/log/generations*`,
    ];
    try {
      const args = ['fetch', ...flags, '--end-of-options', place.url, ...specs];
      await place.git({ directory: quarantine, args, protocols: place.protocols });
      await checkConnected(place, quarantine);
    } catch (error) {
      throw unavailable(place, error);
    }
    const tips = '+refs/sluice/incoming/*:refs/sluice/fetched/*';
    const args = ['fetch', ...flags, '--end-of-options', quarantine, tips];
    await place.git({ directory: place.mirror, args, protocols: ['file'] });
  });
}

async function checkConnected(place: PolicyPlace, quarantine: string): Promise<void> {
  const args = ['rev-list', '--objects', '--quiet', `--glob=${incoming}/*`];
  await place.git({ directory: quarantine, args: [...args, '--not', '--alternate-refs'] });
  const head = ['rev-parse', '--verify', '--end-of-options', `${incoming}/head^{commit}`];
  objectName(await place.git({ directory: quarantine, args: head }), 'the fetched branch');
}

/** The first log that is met is ours to continue; later only what we pushed ourselves moves it. */
async function adoptLog(place: PolicyPlace, remote: string | undefined): Promise<void> {
  if (remote === undefined) return;
  const own = await refValue(place, logRef);
  const pushing = await refValue(place, pushingRef);
  if (own === undefined || remote === pushing) await setRef(place, logRef, remote);
}

export async function refValue(place: PolicyPlace, ref: string): Promise<string | undefined> {
  const answer = await place.git({
    directory: place.mirror,
    args: ['rev-parse', '--verify', '--quiet', '--end-of-options', ref],
    allow: [1],
  });
  return answer.exitCode === 1 ? undefined : objectName(answer, ref);
}

export async function setRef(place: PolicyPlace, ref: string, value: string): Promise<void> {
  await place.git({ directory: place.mirror, args: ['update-ref', ref, value] });
}

/**
 * Makes the mirror whole. A damaged one (HEAD gone, ref emptied, lock left behind, accepted commit unreadable) is
 * put aside and fetched anew; the new one must hold the accepted head, or nothing goes on.
 */
export async function prepareMirror(
  place: PolicyPlace,
  accepted: CommitId | undefined,
): Promise<void> {
  const fresh = !existsSync(place.mirror);
  if (!fresh && (await isWhole(place, accepted))) {
    await ensureBare(place, place.mirror);
    return;
  }
  if (!fresh) await putAside(place);
  await ensureBare(place, place.mirror);
  if (accepted !== undefined) await restore(place, accepted);
}

async function isWhole(place: PolicyPlace, accepted: CommitId | undefined): Promise<boolean> {
  const locks = (await readdir(place.mirror).catch(() => [])).filter((n) => n.endsWith('.lock'));
  if (locks.length > 0 || !existsSync(join(place.mirror, 'HEAD'))) return false;
  const head = accepted ?? `refs/heads/${place.branch}`;
  try {
    if (accepted === undefined && (await refValue(place, head)) === undefined) return true;
    const args = ['rev-list', '--objects', '--quiet', '--max-count=1', head];
    await place.git({ directory: place.mirror, args });
    return accepted === undefined || (await refValue(place, `refs/heads/${place.branch}`)) === head;
  } catch {
    return false;
  }
}

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

async function branchGone(place: PolicyPlace, accepted: CommitId | undefined): Promise<Fault> {
  const known = accepted ?? (await refValue(place, `refs/heads/${place.branch}`));
  return new Fault(known === undefined ? 'PolicyUnavailable' : 'HistoryRewritten', {
    object: place.url,
    check: `the watched branch ${place.branch} exists`,
    ...(known === undefined ? {} : { expected: `a descendant of ${known}` }),
    found: 'no such branch',
    fix: `Push the branch ${place.branch} again; until then the accepted policy stays in force.`,
  });
}

const moved = (place: PolicyPlace): Fault =>
  new Fault('PolicyUnavailable', {
    object: place.url,
    check: 'the branch stays where it was advertised while it is fetched',
    fix: 'Nothing to do: the next pass fetches again.',
  });
