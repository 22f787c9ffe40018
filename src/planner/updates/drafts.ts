import {
  type Advisory,
  type HeldAdvisory,
  nevraText,
  type Sha256,
  type Update,
  type UpdatePackage,
} from '../../model/index.ts';
import { advisorySubstance } from '../../rpm/index.ts';
import { compareText } from '../compare-text.ts';
import { updatePath } from '../questions/wish.ts';
import type { Context } from '../world.ts';
import { revisionOf, withoutRevision, withRevision } from './revision.ts';
import type { Candidate, Offered } from './taking.ts';

/** An update that does not exist yet. */
export interface Draft {
  readonly update: Update;
  readonly kind: 'errata' | 'packages' | 'reissue' | 'built';
  readonly advisory?: Advisory;
}

/** An advisory as the upstreams have it now, with the candidates that it lists. */
export interface OfferedAdvisory {
  readonly held: HeldAdvisory;
  /** Each upstream that has it, and how it is told there. */
  readonly versions: readonly { readonly upstream: string; readonly held: HeldAdvisory }[];
  readonly members: readonly Candidate[];
}

/** What vendors may call an advisory so that a file can be named for it. */
const usableId = /^[A-Za-z0-9][\x21-\x7e]{0,180}$/;

interface Told {
  readonly held: HeldAdvisory;
  readonly upstream: string;
  readonly found: readonly Candidate[];
}

/** Advisories with news, merged by id across upstreams. */
export function offeredAdvisories(offered: Offered): readonly OfferedAdvisory[] {
  const members = new Map<string, Told[]>();
  for (const [upstream, snapshot] of offered.latest) {
    const own = new Map<string, Candidate>();
    for (const candidate of offered.candidates.values()) {
      if (candidate.upstream !== upstream || candidate.replaces !== undefined) continue;
      own.set(nevraText(candidate.entry), candidate);
    }
    if (own.size === 0) continue;
    for (const held of snapshot.advisories) {
      const found = candidatesOf(held, own);
      const list = members.get(held.advisory.id) ?? [];
      if (found.length > 0) members.set(held.advisory.id, [...list, { held, upstream, found }]);
    }
  }
  return [...members].flatMap(([id, list]) => {
    const first = list[0];
    if (!first || !usableId.test(id)) return [];
    return [{ held: first.held, versions: list, members: list.flatMap((l) => l.found) }];
  });
}

function candidatesOf(
  { advisory }: HeldAdvisory,
  own: ReadonlyMap<string, Candidate>,
): readonly Candidate[] {
  const found = new Set<Candidate>();
  for (const collection of advisory.collections) {
    for (const p of collection.packages) {
      const candidate = own.get(nevraText(p));
      if (candidate) found.add(candidate);
    }
  }
  return [...found];
}

/** One update per advisory, and a new revision when the vendor changed it or the rest of its packages arrived. */
export function advisoryDrafts(
  context: Context,
  offered: readonly OfferedAdvisory[],
): readonly Draft[] {
  const copied = [...context.desired.updates.values()].filter((u) => u.build === undefined);
  const known = Map.groupBy(copied, (u) => u.advisory?.id);
  const current = currentAdvisories(context);
  return offered.flatMap(({ held, members }): Draft[] => {
    const { advisory } = held;
    const revisions = known.get(advisory.id) ?? [];
    const last = latestOf(revisions);
    const isNews =
      !last ||
      isRevised(context, last, current.get(advisory.id)) ||
      !isCovered(members, digestsOf(revisions));
    if (!isNews) return [];
    const id = withRevision(advisory.id, last ? revisionOf(last.id) + 1 : 1);
    const named = namedAdvisory(held, last?.advisory);
    const update = { ...draftUpdate(context, id, members), advisory: named };
    return [{ update, kind: 'errata', advisory }];
  });
}

/** As an update names it; what the site said about an earlier revision goes on to be said. */
export function namedAdvisory(
  { advisory: { id, severity }, sha256 }: HeldAdvisory,
  before?: Update['advisory'],
): NonNullable<Update['advisory']> {
  const { siteSeverity, reason } = before ?? {};
  return {
    ...{ id, sha256 },
    ...(severities.has(severity) ? { severity } : {}),
    ...(siteSeverity ? { siteSeverity } : {}),
    ...(reason ? { reason } : {}),
  };
}

/** Anything else that a vendor calls a severity is not written into the policy. */
const severities: ReadonlySet<string> = new Set([
  'Critical',
  'Important',
  'Moderate',
  'Low',
  'None',
]);

/** Every version of every advisory that the upstreams have now, by id. */
function currentAdvisories({ actual }: Context): ReadonlyMap<string, readonly HeldAdvisory[]> {
  const all: HeldAdvisory[] = [];
  for (const { latest } of actual.upstreams.values()) {
    for (const held of (latest && actual.snapshots.get(latest.snapshot)?.advisories) ?? []) {
      all.push(held);
    }
  }
  return Map.groupBy(all, (held) => held.advisory.id);
}

function isRevised(
  context: Context,
  last: Update,
  current: readonly HeldAdvisory[] | undefined,
): boolean {
  const recorded = last.advisory && context.advisories.get(last.advisory.sha256);
  if (!recorded || !current || current.some((held) => held.sha256 === recorded.sha256))
    return false;
  const substance = advisorySubstance(recorded.advisory);
  return current.every((held) => advisorySubstance(held.advisory) !== substance);
}

const isCovered = (members: readonly Candidate[], known: ReadonlySet<Sha256>): boolean =>
  members.every((m) => known.has(m.entry.sha256));

function digestsOf(updates: Iterable<Update>): ReadonlySet<Sha256> {
  const digests = new Set<Sha256>();
  for (const update of updates) for (const p of update.packages) digests.add(p.sha256);
  return digests;
}

function latestOf(revisions: readonly Update[]): Update | undefined {
  return revisions.toSorted((a, b) => revisionOf(b.id) - revisionOf(a.id))[0];
}

/** What no advisory tells of: one update per source package version; and one per re-issued source version. */
export function packageDrafts(
  context: Context,
  offered: Offered,
  advisories: readonly OfferedAdvisory[],
): readonly Draft[] {
  const told = new Set(advisories.flatMap((a) => a.members.map((m) => m.entry.sha256)));
  const covered = digestsOf(context.desired.updates.values());
  const rest = [...offered.candidates.values()].filter(
    (c) => !told.has(c.entry.sha256) && !covered.has(c.entry.sha256),
  );
  const groups = Map.groupBy(rest, (c) => groupId(c));
  const revisions = Map.groupBy(context.desired.updates.values(), (u) => withoutRevision(u.id));
  return [...groups].map(([id, members]): Draft => {
    const last = latestOf(revisions.get(id) ?? []);
    const revision = last ? revisionOf(last.id) + 1 : 1;
    const kind = members.some((m) => m.replaces !== undefined) ? 'reissue' : 'packages';
    return { update: draftUpdate(context, withRevision(id, revision), members), kind };
  });
}

/** The id that an update without an advisory gets: by source package version, re-issues apart. */
export function groupId({ entry, replaces }: Pick<Candidate, 'entry' | 'replaces'>): string {
  const own = `${entry.name}-${entry.version}-${entry.release}`;
  const source = entry.sourceRpm?.replace(/\.(no)?src\.rpm$/, '') ?? own;
  return `${replaces === undefined ? 'pkg' : 'reissue'}:${source}`;
}

function draftUpdate(context: Context, id: string, members: readonly Candidate[]): Update {
  const packages = members
    .map(
      ({ entry, upstream, replaces }): UpdatePackage => ({
        ...{ nevra: nevraText(entry), sha256: entry.sha256, upstream },
        ...(replaces === undefined ? {} : { replaces }),
      }),
    )
    .toSorted((a, b) => compareText(a.nevra, b.nevra) || compareText(a.sha256, b.sha256));
  const file = updatePath(id);
  const modules = modulesOf(context, members);
  return { id, file, packages, modules, requires: [], at: { file, line: 1, col: 1 } };
}

/** Module builds that the packages belong to come with them. */
function modulesOf(context: Context, members: readonly Candidate[]): Update['modules'] {
  const names = new Set(
    members.map(({ entry: p }) => `${p.name}-${p.epoch}:${p.version}-${p.release}.${p.arch}`),
  );
  const found = new Map<string, Update['modules'][number]>();
  for (const upstream of new Set(members.map((m) => m.upstream))) {
    const id = context.actual.upstreams.get(upstream)?.latest?.snapshot;
    const modules = id === undefined ? [] : (context.actual.snapshots.get(id)?.modules ?? []);
    for (const { kind, nsvca, sha256, artifacts } of modules) {
      if (kind !== 'modulemd' || !artifacts.some((a) => names.has(a))) continue;
      found.set(nsvca, { nsvca, sha256 });
    }
  }
  return [...found.values()].toSorted((a, b) => compareText(a.nsvca, b.nsvca));
}
