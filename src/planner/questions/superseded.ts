import { type Nevra, type ProposalRecord, parseNevra } from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import type { Context } from '../world.ts';
import type { Wish } from './wish.ts';
import { withEdits } from './with-edits.ts';

/** The question that brings a newer version of every package that the older one would have brought. */
export function supersededBy(
  context: Context,
  record: ProposalRecord,
  asked: readonly Wish[],
): Wish | undefined {
  const old = Object.values(record.brings ?? {})
    .flat()
    .flatMap(packageIn);
  if (old.length === 0) return undefined;
  const channel = record.identity.split('/')[1];
  return asked.find((wish) => {
    if (wish.channel !== channel || wish.identity === record.identity) return false;
    const now = packagesOf(context, wish);
    return old.every((p) => now.some((n) => isNewer(n, p)));
  });
}

function packageIn(line: string): readonly Nevra[] {
  const [kind, nevra = ''] = line.split(' ');
  const parsed = kind === 'package' ? parseNevra(nevra) : undefined;
  return parsed ? [parsed] : [];
}

function packagesOf(context: Context, { edits, channel }: Wish): readonly Nevra[] {
  const desired = withEdits(context.desired, edits);
  const paths = new Set(edits.filter((e) => e.kind === 'create').map((e) => e.path));
  return desired.promotions
    .filter((p) => p.channel === channel && paths.has(p.file))
    .flatMap((p) => desired.updates.get(p.update)?.packages ?? [])
    .flatMap(({ nevra }) => parseNevra(nevra) ?? []);
}

const isNewer = (now: Nevra, old: Nevra): boolean =>
  now.name === old.name && now.arch === old.arch && compareEvr(now, old) > 0;
