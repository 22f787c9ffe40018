import { Fault } from '../../model/index.ts';
import { ensureBare, ensureTrusted, type PolicyPlace, refsOf, unavailable } from '../git/index.ts';

/** The policy repository's refs that matter to proposals, as last fetched. Names are those of the far side. */
export type ForgeRefs = ReadonlyMap<string, string>;

const here = 'refs/policy/';

/** Brings proposal branches, records and what was said of them into the private clone; what vanished there vanishes here. */
export async function syncForge(place: PolicyPlace): Promise<ForgeRefs> {
  await ensureBare(place, place.clone, place.mirror);
  await ensureTrusted(place);
  const kept = ['pr', 'approvals', 'comments', 'answers', 'statuses'].map((k) => `sluice/${k}/*`);
  const sources = [`heads/${place.branch}`, 'heads/sluice/*', ...kept];
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
  const refs = await refsOf(place, place.clone, here);
  return new Map([...refs].map(([name, id]) => [`refs/${name.slice(here.length)}`, id] as const));
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
