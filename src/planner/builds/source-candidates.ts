import {
  type Channel,
  type HeldAdvisory,
  isSourcePackage,
  nevraText,
  type PackageEntry,
  type SourcePackage,
  type UpstreamSnapshot,
} from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import { compareText } from '../compare-text.ts';
import { type Remembered, recalled } from '../recalled.ts';
import { frozenSince } from '../upstream-health.ts';
import { type Context, suspensionOf } from '../world.ts';
import {
  advisoriesBySource,
  type BuildPolicy,
  buildPolicyOf,
  newestOf,
  sourceFileOf,
} from './built-here.ts';

/** A source package that the policy wants built here. */
export interface SourceCandidate {
  readonly source: SourcePackage;
  readonly entry: PackageEntry;
  readonly policy: BuildPolicy;
  /** What a vendor tells of it. */
  readonly advisory?: HeldAdvisory;
}

/**
 * The newest version of every source package that a policy builds, in the upstreams of which a channel takes updates;
 * also where the vendor's binaries are in the base already, for the policy asks for the site's own. Of `replace` it is
 * the site's source package, whatever the vendor offers.
 */
export function sourceCandidates(context: Context): readonly SourceCandidate[] {
  if (!context.desired.policies.some((p) => p.build)) return [];
  const found = new Map<string, SourceCandidate>();
  for (const upstream of takenSources(context)) {
    for (const candidate of candidatesOf(context, upstream)) {
      const { entry } = candidate;
      const other = found.get(entry.name);
      if (!other || compareEvr(entry, other.entry) > 0) found.set(entry.name, candidate);
    }
  }
  for (const candidate of pinnedSources(context)) found.set(candidate.entry.name, candidate);
  return [...found.values()].toSorted((a, b) => compareText(a.source.nevra, b.source.nevra));
}

const known = new WeakMap<UpstreamSnapshot, Remembered<readonly SourceCandidate[]>>();

/** What one upstream has of them; worked out once for snapshots and policies, which never change. */
function candidatesOf(context: Context, upstream: string): readonly SourceCandidate[] {
  const snapshot = newestOf(context, upstream);
  if (!snapshot) return [];
  const { policies, upstreams } = context.desired;
  const latest = [...upstreams.keys()].map((name) => newestOf(context, name));
  const inputs = [upstream, ...policies, ...upstreams.values(), ...latest];
  return recalled(known, { key: snapshot, inputs }, () => {
    const advisories = advisoriesBySource(context);
    return [...newestSources(context, upstream)].flatMap((entry): SourceCandidate[] => {
      const advisory = advisories.get(sourceFileOf(entry));
      const severity = advisory?.advisory.severity;
      const at = { upstream, ...(severity === undefined ? {} : { severity }) };
      const policy = buildPolicyOf(context, entry.name, at);
      if (!policy || !isMeant(policy, upstream)) return [];
      const source = { nevra: nevraText(entry), sha256: entry.sha256, upstream };
      return [{ source, entry, policy, ...(advisory ? { advisory } : {}) }];
    });
  });
}

/** `rebuild` takes the vendor's source; `replace` that of its own upstream, or exactly the one that it pins. */
const isMeant = ({ action, build }: BuildPolicy, upstream: string): boolean =>
  action === 'rebuild' || build.from === upstream;

function pinnedSources(context: Context): readonly SourceCandidate[] {
  const taken = takenSources(context);
  return context.desired.policies.flatMap((policy): SourceCandidate[] => {
    const { build } = policy;
    const source = build?.source;
    const entry = source && context.packages.get(source.sha256);
    if (!build || !source || !entry || policy.action !== 'replace') return [];
    if (!taken.includes(source.upstream)) return [];
    const decides = buildPolicyOf(context, entry.name, source)?.name === policy.name;
    return decides ? [{ source, entry, policy: { ...policy, build } }] : [];
  });
}

/** Channels that follow none take updates of the upstreams in their base. */
export const takesFrom = (channel: Channel, upstream: string): boolean =>
  channel.follows === undefined &&
  channel.base.some((b) => b.upstream === upstream && b.advance === 'updates');

function takenSources(context: Context): readonly string[] {
  const { desired } = context;
  return [...desired.upstreams.values()]
    .filter(
      ({ name, tree }) =>
        tree === 'source' &&
        [...desired.channels.values()].some((c) => takesFrom(c, name)) &&
        frozenSince(context, name) === undefined &&
        !suspensionOf(context, `upstream/${name}`),
    )
    .map((u) => u.name);
}

function newestSources(context: Context, upstream: string): Iterable<PackageEntry> {
  const newest = new Map<string, PackageEntry>();
  for (const p of newestOf(context, upstream)?.packages ?? []) {
    if (!isSourcePackage(p)) continue;
    const best = newest.get(p.name);
    if (!best || compareEvr(p, best) > 0) newest.set(p.name, p);
  }
  return newest.values();
}
