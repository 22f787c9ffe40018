import { join } from 'node:path';
import type { Sha256 } from '../../model/index.ts';
import type { RequirementFinding } from '../../rpm/index.ts';
import { keepDerivedJson, keptJson, type Store } from '../../store/index.ts';
import type { CheckedPackages } from './checked-packages.ts';

/** A check that was made before: of which groups of blocks, and what all their packages lacked. */
export interface RecentCheck {
  readonly groups: readonly Sha256[];
  readonly findings: readonly RequirementFinding[];
}

/** The checks that were made last, here and by other processes: the next content is probably near to one of them. */
export interface RecentChecks {
  same(store: Store, checked: CheckedPackages): Promise<RecentCheck | undefined>;
  /** The one with most of the same groups. */
  nearest(store: Store, checked: CheckedPackages): Promise<RecentCheck | undefined>;
  keep(
    store: Store,
    checked: CheckedPackages,
    findings: readonly RequirementFinding[],
  ): Promise<void>;
}

/** Enough for the channels of a large site and what is proposed for them; each costs a few kilobytes and its findings. */
const mostChecks = 64;

/** Raised when the same packages would give other findings. */
const format = 1;
const listPlace = { path: 'closure/recent.json', format };
const placeOf = (id: Sha256) => ({ path: `closure/checks/${id}.json`, format });

/** Groups of the checks by their id, the one that was made last standing last. */
type Listed = ReadonlyMap<Sha256, readonly Sha256[]>;

export function recentChecks(): RecentChecks {
  let listed: Listed | undefined;
  const memory = new Map<Sha256, readonly RequirementFinding[]>();
  const list = async (store: Store): Promise<Listed> => {
    listed ??= new Map(await keptJson<[Sha256, Sha256[]][]>(store, listPlace));
    return listed;
  };
  const read = async (store: Store, id: Sha256): Promise<RecentCheck | undefined> => {
    const groups = (await list(store)).get(id);
    const findings = memory.get(id) ?? (await keptJson<RequirementFinding[]>(store, placeOf(id)));
    return groups && findings && { groups, findings };
  };
  return {
    same: async (store, { id }) => await read(store, id),
    nearest: async (store, checked) => {
      const id = nearestTo(checked, await list(store));
      return id && (await read(store, id));
    },
    keep: async (store, { id, groups }, findings) => {
      const next = new Map(await list(store));
      next.delete(id);
      next.set(id, [...groups.keys()]);
      memory.set(id, findings);
      await keepDerivedJson(store, placeOf(id), findings);
      for (const old of [...next.keys()].slice(0, -mostChecks)) {
        next.delete(old);
        memory.delete(old);
        await store.disk.remove(join(store.root, 'derived', placeOf(old).path));
      }
      listed = next;
      await keepDerivedJson(store, listPlace, [...next]);
    },
  };
}

/** None where making it anew is less work. */
function nearestTo({ groups }: CheckedPackages, listed: Listed): Sha256 | undefined {
  let best: { readonly id: Sha256; readonly shared: number } | undefined;
  for (const [id, others] of listed) {
    const shared = others.filter((key) => groups.has(key)).length;
    if (shared >= (best?.shared ?? 1)) best = { id, shared };
  }
  return best?.id;
}
