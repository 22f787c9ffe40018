import { type Hold, parseNevra, type UpstreamSnapshot } from '../model/index.ts';
import { compareEvr } from '../rpm/index.ts';
import { type BuildPolicy, buildPolicyOf, newestOf } from './built-here.ts';
import { type SourceCandidate, takesFrom } from './source-candidates.ts';
import type { Context } from './world.ts';

/**
 * Binaries of a vendor that a policy has rebuilt, although no upstream offers their source package (in that version):
 * they are not taken, and nothing is built in their place. Of `replace` the vendor's source does not matter.
 */
export function lackingSources(
  context: Context,
  candidates: readonly SourceCandidate[],
): readonly Hold[] {
  if (!context.desired.policies.some((p) => p.build)) return [];
  const offered = new Map(candidates.map((c) => [c.entry.name, c.entry]));
  const lacking = new Map<string, Hold>();
  for (const { name: upstream, tree } of context.desired.upstreams.values()) {
    const taken = [...context.desired.channels.values()].some((c) => takesFrom(c, upstream));
    if (tree === 'source' || !taken) continue;
    for (const file of sourceFiles(context, upstream)) {
      const source = parseNevra(file.replace(/\.rpm$/, ''));
      const policy = source && buildPolicyOf(context, source.name, { upstream });
      if (!source || policy?.action !== 'rebuild') continue;
      const there = offered.get(source.name);
      if (there && compareEvr({ ...there, epoch: 0 }, source) >= 0) continue;
      lacking.set(file, lackHold(policy, file, upstream));
    }
  }
  return newestOnly(lacking);
}

const filesOf = new WeakMap<UpstreamSnapshot, ReadonlySet<string>>();

/** Worked out once for a snapshot, which never changes. */
function sourceFiles(context: Context, upstream: string): ReadonlySet<string> {
  const snapshot = newestOf(context, upstream);
  const known = snapshot && filesOf.get(snapshot);
  if (known) return known;
  const files = new Set(snapshot?.packages.flatMap((p) => p.sourceRpm ?? []));
  if (snapshot) filesOf.set(snapshot, files);
  return files;
}

function lackHold(policy: BuildPolicy, file: string, upstream: string): Hold {
  return {
    code: 'SourceMissing',
    subject: `upstream:${upstream}`,
    text: `policy ${policy.name} rebuilds what ${upstream} has of ${file}, but no upstream in a channel offers that file`,
    awaits: `${file} in an upstream with tree: source, or action: copy in ${policy.at.file}`,
    at: policy.at,
  };
}

/** An upstream that keeps old versions lacks many sources; the newest of each name tells enough. */
function newestOnly(lacking: ReadonlyMap<string, Hold>): readonly Hold[] {
  const newest = new Map<string, { readonly file: string; readonly hold: Hold }>();
  for (const [file, hold] of lacking) {
    const source = parseNevra(file.replace(/\.rpm$/, ''));
    const known = newest.get(source?.name ?? file);
    const other = known && parseNevra(known.file.replace(/\.rpm$/, ''));
    if (source && other && compareEvr(other, source) >= 0) continue;
    newest.set(source?.name ?? file, { file, hold });
  }
  return [...newest.values()].map((x) => x.hold);
}
