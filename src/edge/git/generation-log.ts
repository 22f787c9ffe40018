import { Fault } from '../../model/index.ts';
import { looseCommit } from './loose-commits.ts';
import { ifLoose } from './loose-objects.ts';
import { looseFile, loosePaths } from './loose-trees.ts';
import { logRef, pushingRef, refValue, remoteRefs, setRef } from './mirror.ts';
import type { PolicyPlace } from './policy-place.ts';
import { pushRefs } from './push.ts';
import { staysReadThrough } from './read-through.ts';
import { writeCommit } from './write-commit.ts';

interface LogFile {
  readonly path: string;
  readonly text: string;
}

export async function readLog(place: PolicyPlace, path: string): Promise<string | undefined> {
  const head = await refValue(place, logRef);
  if (head === undefined) return undefined;
  const here = [place.mirror];
  const loose = ifLoose(() => ({ bytes: looseFile(here, looseCommit(here, head).tree, path) }));
  if (loose !== undefined) return loose.bytes?.toString('utf8');
  const answer = await place.git({
    directory: place.mirror,
    args: ['cat-file', 'blob', '--end-of-options', `${logRef}:${path}`],
    allow: [128],
  });
  return answer.exitCode === 0 ? answer.stdout.toString('utf8') : undefined;
}

export async function listLog(place: PolicyPlace, prefix: string): Promise<readonly string[]> {
  const head = await refValue(place, logRef);
  if (head === undefined) return [];
  // A folder can be listed alone; a prefix that ends inside a name needs its folder's list.
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  const here = [place.mirror];
  const below = folder.slice(0, -1);
  const loose = ifLoose(() => loosePaths(here, looseCommit(here, head).tree, below));
  if (loose !== undefined) return loose.filter((path) => path.startsWith(prefix));
  const args = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', logRef];
  const answer = await place.git({
    directory: place.mirror,
    args: folder === '' ? args : [...args, '--', folder],
  });
  const paths = answer.stdout.toString('utf8').split('\0').filter(Boolean);
  return paths.filter((path) => path.startsWith(prefix));
}

/**
 * Appends one commit and moves the ref in the policy repository only from the value that this installation left
 * there. Anything else there means that another one writes: `ForeignController`.
 */
export async function appendLog(
  place: PolicyPlace,
  message: string,
  files: readonly LogFile[],
): Promise<void> {
  const fresh = await absentOnes(place, files);
  const own = await refValue(place, logRef);
  const remote = (await remoteRefs(place)).get(logRef);
  if (remote !== undefined && remote !== own) throw foreign(place, own, remote);
  if (fresh.length === 0 && own !== undefined && remote === own) return;
  const changes = fresh.map(({ path, text }) => ({ path, text }));
  const draft = { directory: place.mirror, parent: own, message, changes };
  const next = await staysReadThrough(place.mirror, () => writeCommit(place, draft));
  await setRef(place, pushingRef, next);
  try {
    await pushRefs(place, place.mirror, [{ ref: logRef, from: remote, to: next }]);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'PushRejected') throw error;
    const found = (await remoteRefs(place)).get(logRef);
    throw found === remote ? error : foreign(place, own, found);
  }
  await setRef(place, logRef, next);
}

/** Takes over a log that another installation wrote, after an operator said so. */
export async function takeOverLog(place: PolicyPlace): Promise<void> {
  const fetched = await refValue(place, 'refs/sluice/fetched/log/generations');
  if (fetched !== undefined) await setRef(place, logRef, fetched);
}

/** One listing for all: asking for each path would walk its folder again and again. */
async function absentOnes(
  place: PolicyPlace,
  files: readonly LogFile[],
): Promise<readonly LogFile[]> {
  const present = new Set(await listLog(place, ''));
  return files.filter((file) => !present.has(file.path));
}

function foreign(place: PolicyPlace, own: string | undefined, found: string | undefined): Fault {
  return new Fault('ForeignController', {
    object: `${place.url} ${logRef}`,
    check: 'only this installation writes the generation log',
    expected: own ?? 'no log yet',
    found: found ?? 'nothing',
    fix: 'Stop the other installation, then run `sluice acknowledge generations` here.',
  });
}
