import { type Hold, type Nevra, parseNevra, type UpstreamSnapshot } from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import { type Remembered, recalled } from '../recalled.ts';
import type { Context } from '../world.ts';
import { type BuildPolicy, buildPolicyOf, newestOf } from './built-here.ts';
import { type SourceCandidate, takesFrom } from './source-candidates.ts';

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
    for (const { file, source, policy } of rebuiltFiles(context, upstream)) {
      const there = offered.get(source.name);
      if (there && compareEvr({ ...there, epoch: 0 }, source) >= 0) continue;
      lacking.set(file, lackHold(policy, file, upstream));
    }
  }
  return newestOnly(lacking);
}

interface RebuiltFile {
  readonly file: string;
  readonly source: Nevra;
  readonly policy: BuildPolicy;
}

const worked = new WeakMap<UpstreamSnapshot, Remembered<readonly RebuiltFile[]>>();

/** Source packages of the vendor's binaries that a policy rebuilds; worked out once for a snapshot and policies. */
function rebuiltFiles(context: Context, upstream: string): readonly RebuiltFile[] {
  const snapshot = newestOf(context, upstream);
  if (!snapshot) return [];
  const { policies, upstreams } = context.desired;
  const inputs = [upstream, ...policies, ...upstreams.values()];
  return recalled(worked, { key: snapshot, inputs }, () => {
    const all = new Set(snapshot.packages.flatMap((p) => p.sourceRpm ?? []));
    return [...all].flatMap((file): RebuiltFile[] => {
      const source = parseNevra(file.replace(/\.rpm$/, ''));
      const policy = source && buildPolicyOf(context, source.name, { upstream });
      return source && policy?.action === 'rebuild' ? [{ file, source, policy }] : [];
    });
  });
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
