import { Fault } from '../../model/index.ts';
import {
  ensureBare,
  ensureTrusted,
  type PolicyPlace,
  refsOf,
  refsOnDisk,
  unavailable,
  writeRef,
} from '../git/index.ts';

/** The policy repository's refs that matter to proposals, as last fetched. Names are those of the far side. */
export type ForgeRefs = ReadonlyMap<string, string>;

const here = 'refs/policy/';

/** Brings proposal branches, records and what was said of them into the private clone; what vanished there vanishes here. */
export async function syncForge(place: PolicyPlace): Promise<ForgeRefs> {
  await ensureBare(place, place.clone, place.mirror);
  const known = await refsOf(place, place.clone, here);
  const kept = ['pr', 'approvals', 'comments', 'answers', 'statuses'].map((k) => `sluice/${k}`);
  const places = [`heads/${place.branch}`, 'heads/sluice', ...kept];
  const there = await refsThere(place, places);
  if (there && (await areHere(place, there, asThere(known)))) return there;
  await ensureTrusted(place);
  const sources = places.map((p, i) => (i === 0 ? p : `${p}/*`));
  const specs = sources.map((s) => `+refs/${s}:${here}${s}`);
  const flags = ['--quiet', '--prune', '--no-tags', '--no-recurse-submodules'];
  const args = [
    'fetch',
    ...flags,
    '--no-write-fetch-head',
    '--end-of-options',
    place.url,
    ...specs,
  ];
  await fetchPatiently(place, args);
  return asThere(await refsOf(place, place.clone, here));
}

const asThere = (refs: ForgeRefs): ForgeRefs =>
  new Map([...refs].map(([name, id]) => [`refs/${name.slice(here.length)}`, id] as const));

/** The refs of a policy repository on this machine are read. */
async function refsThere(
  { localGitDirectory }: PolicyPlace,
  places: readonly string[],
): Promise<ForgeRefs | undefined> {
  if (localGitDirectory === undefined) return undefined;
  return refsOnDisk(
    localGitDirectory,
    places.map((p) => `refs/${p}`),
  );
}

/** Nothing has to be fetched: what moved, as the watched branch does with every commit, is in the mirror already. */
async function areHere(place: PolicyPlace, there: ForgeRefs, own: ForgeRefs): Promise<boolean> {
  if ([...own.keys()].some((name) => !there.has(name))) return false;
  const moved = [...there].filter(([name, id]) => own.get(name) !== id);
  if (moved.length === 0) return true;
  const mirrored = await refsOnDisk(place.mirror, ['refs/heads', 'refs/sluice']);
  const held = new Set(mirrored?.values());
  if (!moved.every(([, id]) => held.has(id))) return false;
  try {
    for (const [name, value] of moved) {
      const ref = name.replace(/^refs\//, here);
      await writeRef(place, place.clone, { ref, value });
    }
    return true;
  } catch (error) {
    // Another command moves the same ref: fetching is patient.
    if (error instanceof Fault) return false;
    throw error;
  }
}

const tries = 3;

/** Commands that only read fetch too, beside a running controller; git then refuses to move one ref twice. */
async function fetchPatiently(place: PolicyPlace, args: readonly string[]): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      await place.git({ directory: place.clone, args, protocols: place.protocols });
      return;
    } catch (error) {
      const met = error instanceof Fault && /cannot lock ref|\.lock/.test(error.found ?? '');
      if (!met || left === 1) throw unavailable(place, error);
    }
  }
}
