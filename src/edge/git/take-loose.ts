import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Fault } from '../../model/index.ts';
import { commitLinks } from './loose-commits.ts';
import { ifLoose, type LooseObject, leaveToGit, looseObject } from './loose-objects.ts';
import { type Entry, entriesOf, folder, submodule } from './loose-trees.ts';
import { makeFolder, renameTo } from './own-files.ts';
import { packOf } from './pack-stream.ts';
import { ensureBare, type PolicyPlace, withStaging } from './policy-place.ts';
import { staysReadThrough } from './read-through.ts';
import { refsOnDisk } from './refs-on-disk.ts';

/** More than this at once is fetched. */
const most = { objects: 1000, bytes: 16 * 1024 * 1024 };

/**
 * Brings a commit of a policy repository on this machine into the mirror: where all that is new are the loose objects that
 * people's git left there, they are read, and one process of git checks them in quarantine as it checks what it fetches.
 * false where that is not so, or where git refuses them: then they have to be fetched.
 */
export async function takeLoose(place: PolicyPlace, head: string): Promise<boolean> {
  const { localGitDirectory: from, mirror } = place;
  const tips = from && (await refsOnDisk(mirror, ['refs/heads', 'refs/sluice']));
  if (!from || !tips) return false;
  const known = new Set(tips.values());
  const objects = ifLoose(() => newObjects([from, mirror], { head, known }));
  if (objects === undefined) return false;
  const absent = [...objects].filter(([oid]) => !existsSync(fileOf(mirror, oid)));
  try {
    await withStaging(place, async (directory) => {
      const quarantine = join(directory, 'quarantine.git');
      await ensureBare(place, quarantine, mirror);
      const input = [packOf(absent.map(([, object]) => object))];
      await place.git({ directory: quarantine, args: ['unpack-objects', '-q', '--strict'], input });
      await staysReadThrough(mirror, () =>
        moveAll(
          quarantine,
          mirror,
          absent.map(([oid]) => oid),
        ),
      );
    });
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

const fileOf = (directory: string, oid: string): string =>
  join(directory, 'objects', oid.slice(0, 2), oid.slice(2));

/** What is named before what names it. Throws where git did not write one that it was given. */
async function moveAll(from: string, to: string, oids: readonly string[]): Promise<void> {
  for (const oid of oids) {
    await makeFolder(dirname(fileOf(to, oid)));
    await renameTo(fileOf(from, oid), fileOf(to, oid));
  }
}

/** The objects of every commit that is reached from `head` and not from those that are known to be whole. */
function newObjects(
  directories: readonly string[],
  { head, known }: { readonly head: string; readonly known: ReadonlySet<string> },
): ReadonlyMap<string, LooseObject> {
  const found = new Map<string, LooseObject>();
  let bytes = 0;
  const add = (oid: string) => {
    const object = found.get(oid) ?? looseObject(directories, oid);
    found.set(oid, object);
    bytes += object.body.length;
    if (found.size > most.objects || bytes > most.bytes) leaveToGit(head);
  };
  const addTree = (tree: string, was: string | undefined) => {
    if (tree === was || found.has(tree)) return;
    const before = new Map(was === undefined ? [] : entriesOf(directories, was).map(named));
    for (const entry of entriesOf(directories, tree)) {
      const old = before.get(entry.name);
      if (old?.oid === entry.oid && old.mode === entry.mode) continue;
      if (entry.mode === submodule) leaveToGit(entry.oid);
      else if (entry.mode === folder)
        addTree(entry.oid, old?.mode === folder ? old.oid : undefined);
      else add(entry.oid);
    }
    add(tree);
  };
  const commits = new Set([head]);
  for (const commit of commits) {
    const { tree, parents } = commitLinks(directories, commit);
    const [first] = parents;
    addTree(tree, first === undefined ? undefined : commitLinks(directories, first).tree);
    for (const parent of parents) if (!known.has(parent)) commits.add(parent);
    if (commits.size > most.objects) leaveToGit(head);
  }
  for (const commit of [...commits].toReversed()) add(commit);
  return found;
}

const named = (entry: Entry) => [entry.name, entry] as const;
