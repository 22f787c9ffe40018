import {
  type ChannelSnapshot,
  type Hold,
  matchesGlob,
  type PackageEntry,
  packageDifference,
  packagesNamed,
  type Removal,
  type Sha256,
} from '../../model/index.ts';
import { nameArch } from '../content/delta.ts';
import { promotionUnitName, treeFor, type Unit } from '../content/units.ts';
import { holdOf, isFirstPin, isReturning, type Judging, listed, placeOf } from './judging.ts';

/** A name and arch that would be left without any version. */
interface Vanishing {
  readonly tree: string;
  readonly nameArch: string;
  readonly name: string;
  readonly packages: readonly PackageEntry[];
}

/** What a gate on removals decides: units that do not enter, and digests that stay for now. */
export interface RemovalVerdict {
  readonly held: readonly Hold[];
  readonly keeping: readonly Sha256[];
}

const smallChannel = 10;

/** Guards against a change that empties a channel or takes more from it than its gate allows. */
export function gateRemovals(
  judging: Judging,
  content: ChannelSnapshot,
  held: ReadonlySet<string>,
): RemovalVerdict {
  if (!judging.state) return { held: [], keeping: [] };
  const vanishing = vanishingNames(judging.state.content, content).filter(
    (v) => !isAllowed(judging, v),
  );
  if (vanishing.length === 0) return { held: [], keeping: [] };
  const incomplete = incompleteRollbacks(judging, vanishing);
  if (incomplete.keeping.length > 0) return incomplete;
  const counted = vanishing.filter((v) => !removalOf(judging, v) && !byReturningBase(judging, v));
  const problem = problemWith(judging, counted);
  return problem ? blame(judging, { counted, held, ...problem }) : { held: [], keeping: [] };
}

function vanishingNames(before: ChannelSnapshot, after: ChannelSnapshot): readonly Vanishing[] {
  const vanishing: Vanishing[] = [];
  for (const [tree, { packages }] of before.trees) {
    const now = after.trees.get(tree)?.packages ?? [];
    if (now === packages) continue;
    const gone = packageDifference(packages, now).removed;
    for (const [key, group] of Map.groupBy(gone, nameArch)) {
      const name = group[0]?.name ?? key;
      if (packagesNamed(now, name).some((p) => nameArch(p) === key)) continue;
      vanishing.push({ tree, nameArch: key, name, packages: group });
    }
  }
  return vanishing;
}

function isAllowed({ channel }: Judging, v: Vanishing): boolean {
  return channel.gates.removals.allow.some(
    (glob) => matchesGlob(glob, v.nameArch) || matchesGlob(glob, v.name),
  );
}

/** The rollback that takes a name away, when it is one. */
function removalOf({ context, channel }: Judging, v: Vanishing): Removal | undefined {
  const digests = new Set(v.packages.map((p) => p.sha256));
  return context.actual.removals.find(
    (r) => r.channel === channel.name && r.update.packages.some((p) => digests.has(p.sha256)),
  );
}

/**
 * Going back must not leave machines without a package that they had before the decision that is taken back: it stays
 * until a person says how.
 */
function incompleteRollbacks(judging: Judging, vanishing: readonly Vanishing[]): RemovalVerdict {
  const held: Hold[] = [];
  const keeping: Sha256[] = [];
  for (const v of vanishing) {
    const removal = removalOf(judging, v);
    if (!removal || !wasServedBefore(judging, v, removal)) continue;
    for (const p of v.packages) keeping.push(p.sha256);
    held.push(
      holdOf(judging, promotionUnitName(removal.update.id), {
        code: 'RollbackIncomplete',
        text: `without ${removal.update.id} nothing brings ${v.nameArch} any more`,
        awaits: `a base pin with ${v.name}, another promotion of it, or removals.allow naming it`,
        at: judging.channel.at,
      }),
    );
  }
  return { held, keeping };
}

function wasServedBefore(judging: Judging, v: Vanishing, removal: Removal): boolean {
  const before = removal.servedBeforeDecision;
  if (before) {
    return before.trees.get(v.tree)?.packages.some((p) => nameArch(p) === v.nameArch) ?? false;
  }
  return wasAdmittedBefore(judging, v, removal);
}

/** Without the earlier content, the admissions tell whether another version was there before this one. */
function wasAdmittedBefore({ state, context }: Judging, v: Vanishing, removal: Removal): boolean {
  const own = new Set(removal.update.packages.map((p) => p.sha256));
  const since = Math.min(...v.packages.map((p) => state?.admitted.get(p.sha256) ?? 0));
  for (const snapshot of context.actual.snapshots.values()) {
    for (const p of snapshot.packages) {
      if (p.name !== v.name || nameArch(p) !== v.nameArch || own.has(p.sha256)) continue;
      if ((state?.admitted.get(p.sha256) ?? Number.POSITIVE_INFINITY) < since) return true;
    }
  }
  return false;
}

function byReturningBase(judging: Judging, v: Vanishing): boolean {
  return judging.units.some(
    (u) =>
      u.kind === 'base' &&
      u.changed &&
      treeFor(judging.context, judging.channel, u.pin.upstream) === v.tree &&
      isReturning(judging, u),
  );
}

interface Problem {
  readonly code: 'RemovesTooMuch' | 'ChannelWouldEmpty';
  readonly text: string;
}

function problemWith(judging: Judging, counted: readonly Vanishing[]): Problem | undefined {
  const total = new Map<string, number>();
  for (const [tree, { packages }] of judging.state?.content.trees ?? []) {
    total.set(tree, new Set(packages.map(nameArch)).size);
  }
  for (const [tree, gone] of Map.groupBy(counted, (v) => v.tree)) {
    const before = total.get(tree) ?? 0;
    const shrinks = before >= smallChannel && gone.length * 2 >= before;
    if (gone.length < before && !shrinks) continue;
    const text = `${gone.length} of ${before} packages of ${tree} would vanish`;
    return { code: 'ChannelWouldEmpty', text };
  }
  const { max, percent } = judging.channel.gates.removals;
  const all = [...total.values()].reduce((sum, n) => sum + n, 0);
  const tooMany = max !== undefined && counted.length > max;
  const tooLarge = percent !== undefined && counted.length * 100 > percent * all;
  if (!tooMany && !tooLarge) return undefined;
  const limit = tooMany ? `more than ${max}` : `more than ${percent} %`;
  return { code: 'RemovesTooMuch', text: `${counted.length} packages would vanish (${limit})` };
}

/** The pins that changed are held; when no pin did, what would vanish stays. */
function blame(
  judging: Judging,
  at: Problem & { readonly counted: readonly Vanishing[]; readonly held: ReadonlySet<string> },
): RemovalVerdict {
  const trees = new Set(at.counted.map((v) => v.tree));
  const suspects = judging.units.filter(
    (u) => isSuspect(judging, u, trees) && !at.held.has(u.name),
  );
  const names = listed(at.counted.map((v) => v.nameArch));
  const hold = (subject: string, place: Pick<Hold, 'at'>): Hold =>
    holdOf(judging, subject, {
      code: at.code,
      text: `${at.text}: ${names}`,
      awaits: `gates.removals.allow naming them in ${judging.channel.at.file}, or another change`,
      ...place,
    });
  if (suspects.length > 0) {
    return { held: suspects.map((u) => hold(u.name, placeOf(u))), keeping: [] };
  }
  const keeping = at.counted.flatMap((v) => v.packages.map((p) => p.sha256));
  return { held: [hold(`channel:${judging.channel.name}`, { at: judging.channel.at })], keeping };
}

function isSuspect(judging: Judging, unit: Unit, trees: ReadonlySet<string>): boolean {
  if (unit.kind !== 'base' || !unit.changed || isFirstPin(unit)) return false;
  const tree = treeFor(judging.context, judging.channel, unit.pin.upstream);
  return tree !== undefined && trees.has(tree);
}
