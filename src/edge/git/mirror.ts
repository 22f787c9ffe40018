import { join } from 'node:path';
import { type CommitId, Fault } from '../../model/index.ts';
import {
  ensureBare,
  ensureTrusted,
  type PolicyPlace,
  unavailable,
  withStaging,
} from './policy-place.ts';
import { staysReadThrough } from './read-through.ts';
import { refsOnDisk } from './refs-on-disk.ts';
import { objectName, objectNameIn } from './run-git.ts';
import { takeLoose } from './take-loose.ts';
import { writeRef } from './write-ref.ts';

export const logRef = 'refs/sluice/generations';
/** What this installation tried to push last: a crash after the push is not a foreign writer. */
export const pushingRef = 'refs/sluice/generations-pushing';
const incoming = 'refs/sluice/incoming';
const fetchedHead = 'refs/sluice/fetched/head';

/**
 * Fetches the watched branch and the generation log into a repository that lives only now, has git check every object,
 * and only then copies the objects to the mirror (which is whole). The mirror's branch does not move. (git's own fetch keeps bad
 * objects of a failed transfer, so it is never run in the mirror against the world.)
 */
export async function fetchIntoMirror(
  place: PolicyPlace,
  accepted: CommitId | undefined,
): Promise<CommitId> {
  const unmoved = await unmovedHead(place);
  if (unmoved !== undefined) return unmoved;
  await ensureTrusted(place);
  const remote = await remoteRefs(place);
  const head = remote.get(place.watched);
  if (head === undefined) throw await branchGone(place, accepted);
  // What reads accepted files here knows only names of 40 digits.
  if (head.length !== 40) throw otherNames(place);
  const log = remote.get(logRef);
  const wanted = [head, ...(log === undefined ? [] : [log])];
  if (!(await holdsAll(place, wanted))) {
    await take(place, { head, log });
    if (!(await holdsAll(place, [head]))) throw moved(place);
  }
  await adoptLog(place, log);
  return head as CommitId;
}

/** The branch of a policy repository on this machine, while branch and log are what the mirror has accepted. */
async function unmovedHead(place: PolicyPlace): Promise<CommitId | undefined> {
  if (place.localGitDirectory === undefined) return undefined;
  const branch = `refs/heads/${place.branch}`;
  const places = [branch, logRef];
  const there = await refsOnDisk(place.localGitDirectory, places);
  const here = there && (await refsOnDisk(place.mirror, places));
  const head = here?.get(branch);
  if (there?.get(branch) !== head || there?.get(logRef) !== here?.get(logRef)) return undefined;
  return head as CommitId | undefined;
}

/** A commit that people made on this machine is read where it lies; whatever else is new is fetched. */
async function take(
  place: PolicyPlace,
  { head, log }: { readonly head: string; readonly log: string | undefined },
): Promise<void> {
  const isLogHeld = log === undefined || (await holdsAll(place, [log]));
  if (isLogHeld && (await takeLoose(place, head))) {
    await setRef(place, fetchedHead, head);
  } else await quarantined(place);
}

/** Of a repository on this machine, where the followed branch is an ordinary one. */
async function localRefs(place: PolicyPlace): Promise<ReadonlyMap<string, string> | undefined> {
  if (place.localGitDirectory === undefined) return undefined;
  const refs = await refsOnDisk(place.localGitDirectory, [place.watched, logRef]);
  return refs?.has(place.watched) ? refs : undefined;
}

/** The branches and refs that matter here, as the policy repository has them now. */
export async function remoteRefs(place: PolicyPlace): Promise<ReadonlyMap<string, string>> {
  const local = await localRefs(place);
  if (local !== undefined) return local;
  try {
    const answer = await place.git({
      args: ['ls-remote', '--end-of-options', place.url, place.watched, logRef],
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
  const refs = await refsOnDisk(place.mirror, ['refs/heads', 'refs/sluice']);
  if (refs !== undefined) {
    const here = new Set(refs.values());
    return ids.every((id) => here.has(id));
  }
  const answer = await place.git({
    directory: place.mirror,
    args: ['for-each-ref', '--format=%(objectname)', 'refs/heads', 'refs/sluice'],
  });
  const held = new Set(answer.stdout.toString('latin1').split('\n'));
  return ids.every((id) => held.has(id));
}

export async function quarantined(place: PolicyPlace): Promise<void> {
  await withStaging(place, async (directory) => {
    const quarantine = join(directory, 'quarantine.git');
    await ensureBare(place, quarantine, place.mirror);
    const flags = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
    const specs = [
      `+${place.watched}:${incoming}/head`,
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
    await staysReadThrough(place.mirror, () =>
      place.git({ directory: place.mirror, args, protocols: ['file'] }),
    );
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
  if (own === remote) return;
  const pushing = await refValue(place, pushingRef);
  if (own === undefined || remote === pushing) await setRef(place, logRef, remote);
}

export async function refValue(
  place: PolicyPlace,
  ref: string,
  directory = place.mirror,
): Promise<string | undefined> {
  const refs = await refsOnDisk(directory, [ref]);
  if (refs !== undefined) return refs.get(ref);
  const answer = await place.git({
    directory,
    args: ['rev-parse', '--verify', '--quiet', '--end-of-options', ref],
    allow: [1],
  });
  return answer.exitCode === 1 ? undefined : objectName(answer, ref);
}

export async function setRef(place: PolicyPlace, ref: string, value: string): Promise<void> {
  await writeRef(place, place.mirror, { ref, value });
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

const otherNames = (place: PolicyPlace): Fault =>
  new Fault('NotYet', {
    object: place.url,
    check: 'the policy repository names its objects by SHA-1',
    expected: 'git init --object-format=sha1, the default',
    found: 'sha256',
    fix: 'Make a repository with the default format and push its files there; the history stays in this one.',
  });

const moved = (place: PolicyPlace): Fault =>
  new Fault('PolicyUnavailable', {
    object: place.url,
    check: 'the branch stays where it was advertised while it is fetched',
    fix: 'Nothing to do: the next pass fetches again.',
  });
