import {
  type BuildReview,
  type HeldAdvisory,
  isSourcePackage,
  type Nevra,
  nevraText,
  type PackageEntry,
  type Policy,
  type PolicyBuild,
  parseNevra,
  type SourcePackage,
  sourceNameOf,
  type Update,
  type UpdatePackage,
  type UpstreamSnapshot,
} from '../../model/index.ts';
import { compareText } from '../compare-text.ts';
import { type Context, severityOf } from '../world.ts';

/** A policy that builds. */
export type BuildPolicy = Policy & { readonly build: PolicyBuild };

/**
 * The policy that builds a source package here; undefined where none does. It decides about every binary package of
 * that source, whatever policy the binary's own name would find.
 *
 * A policy that names upstreams may name that of the sources or that of the vendor's binaries.
 */
export function buildPolicyOf(
  context: Context,
  source: string,
  at: { readonly upstream: string; readonly severity?: string },
): BuildPolicy | undefined {
  if (!hasBuilds(context)) return undefined;
  const { upstream, severity } = at;
  const sources = sourceUpstreams(context);
  const others = sources.includes(upstream) ? binaryUpstreams(context) : sources;
  for (const name of [upstream, ...others]) {
    const policy = context.policyOf(source, name, severity);
    if (isBuildPolicy(policy)) return policy;
  }
  return undefined;
}

const hasBuilds = ({ desired }: Context): boolean => desired.policies.some(isBuildPolicy);

const isBuildPolicy = (policy: Policy | undefined): policy is BuildPolicy =>
  policy?.build !== undefined && (policy.action === 'rebuild' || policy.action === 'replace');

const upstreamsWhere = ({ desired }: Context, isSource: boolean): readonly string[] =>
  [...desired.upstreams.values()]
    .filter((u) => (u.tree === 'source') === isSource)
    .map((u) => u.name);
const sourceUpstreams = (context: Context) => upstreamsWhere(context, true);
const binaryUpstreams = (context: Context) => upstreamsWhere(context, false);

/** The vendor's own package of this name is not taken: its source is built here, or the site has another one. */
export function isBuiltHere(
  context: Context,
  entry: PackageEntry,
  at: { readonly upstream: string; readonly severity?: string },
): boolean {
  return buildPolicyOf(context, sourceNameOf(entry), at) !== undefined;
}

/** The policy that decides about a package of an update: of a built one, that of its source package. */
export function policyOfPackage(
  context: Context,
  update: Update,
  p: UpdatePackage,
): Policy | undefined {
  const severity = severityOf(update);
  if (update.build === undefined) {
    const name = context.packages.get(p.sha256, p.nevra)?.name ?? p.nevra;
    return context.policyOf(name, p.upstream, severity);
  }
  return policyOfBuild(context, update);
}

/** What an update is built from; undefined where it is not built here. */
export const sourceOf = ({ build }: Update): Nevra | undefined =>
  build && parseNevra(build.source.nevra);

/** The policy of an update that is built here; another action than rebuild or replace stops it. */
export function policyOfBuild(context: Context, update: Update): Policy | undefined {
  if (update.build === undefined) return undefined;
  const { nevra, upstream } = update.build.source;
  const name = parseNevra(nevra)?.name ?? nevra;
  const severity = severityOf(update);
  const at = { upstream, ...(severity === undefined ? {} : { severity }) };
  return buildPolicyOf(context, name, at) ?? context.policyOf(name, upstream, severity);
}

/** A source package, and the commit that it was packed from where it was packed from a spec. */
export function reviewedSource(
  { actual }: Context,
  source: SourcePackage,
): Pick<BuildReview, 'source' | 'origin'> {
  const origin = actual.upstreams.get(source.upstream)?.origins?.get(source.sha256);
  return { source, ...(origin ? { origin } : {}) };
}

/** What a plan can see of an upstream: its newest snapshot. */
export function newestOf(context: Context, upstream: string): UpstreamSnapshot | undefined {
  const id = context.actual.upstreams.get(upstream)?.latest?.snapshot;
  return id === undefined ? undefined : context.actual.snapshots.get(id);
}

/** The newest advisory that tells of a source package, by the file name of that. */
export function advisoriesBySource(context: Context): ReadonlyMap<string, HeldAdvisory> {
  const found = new Map<string, HeldAdvisory>();
  for (const upstream of context.desired.upstreams.keys()) {
    const snapshot = newestOf(context, upstream);
    for (const [file, told] of snapshot ? toldIn(snapshot) : []) {
      for (const held of told) {
        const other = found.get(file);
        if (!other || isNewer(held, other)) found.set(file, held);
      }
    }
  }
  return found;
}

const toldBy = new WeakMap<UpstreamSnapshot, ReadonlyMap<string, ReadonlySet<HeldAdvisory>>>();

/** Every advisory of a snapshot by the source packages that it tells of; worked out once, for it never changes. */
export function toldIn(snapshot: UpstreamSnapshot): ReadonlyMap<string, ReadonlySet<HeldAdvisory>> {
  const known = toldBy.get(snapshot);
  if (known) return known;
  const found = new Map<string, Set<HeldAdvisory>>();
  const { advisories } = snapshot;
  const entries = advisories.length === 0 ? [] : snapshot.packages;
  const sources = new Map(entries.map((p) => [nevraText(p), sourceFileOf(p)]));
  for (const held of advisories) {
    for (const p of held.advisory.collections.flatMap((c) => c.packages)) {
      const file = sources.get(nevraText(p)) ?? p.src;
      if (file !== '') found.set(file, (found.get(file) ?? new Set()).add(held));
    }
  }
  toldBy.set(snapshot, found);
  return found;
}

const isNewer = ({ advisory: a }: HeldAdvisory, { advisory: b }: HeldAdvisory): boolean =>
  (compareText(a.issued, b.issued) || compareText(a.id, b.id)) > 0;

/** `openssh-8.7p1-38.el9.src.rpm`, also of the source package itself. */
export const sourceFileOf = (p: PackageEntry): string =>
  isSourcePackage(p) ? `${p.name}-${p.version}-${p.release}.${p.arch}.rpm` : (p.sourceRpm ?? '');
