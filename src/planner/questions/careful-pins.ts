import { type ChannelSnapshot, matchesGlob, type PackageEntry } from '../../model/index.ts';
import { compareEvr } from '../../rpm/index.ts';
import type { ChannelPlan } from '../channel.ts';
import { nameArch } from '../content/delta.ts';
import { listed } from '../gates/judging.ts';
import type { Context } from '../world.ts';
import { trialOf } from './trial.ts';
import type { Wish } from './wish.ts';

/** A pin does not move by itself to lower or fewer versions than are served: then a person is asked. */
export function carefulPins(
  context: Context,
  plans: readonly ChannelPlan[],
  wishes: readonly Wish[],
): readonly Wish[] {
  return wishes.map((wish) => {
    const plan = plans.find((p) => p.channel.name === wish.channel);
    if (!plan || wish.answer !== 'auto' || !wish.identity.startsWith('snapshot/')) return wish;
    const allowed = plan.channel.gates.removals.allow;
    const lost = lostNames(
      plan.admission.wanted,
      trialOf(context, plan, wish.edits).content(),
    ).filter((name) => !allowed.some((glob) => matchesGlob(glob, name)));
    if (lost.length === 0) return wish;
    const text = `lowers or drops ${lost.length} served versions: ${listed(lost)}`;
    return { ...wish, answer: 'ask', gates: [...wish.gates, { code: 'Downgrade', text }] };
  });
}

function lostNames(before: ChannelSnapshot, after: ChannelSnapshot): readonly string[] {
  return [...before.trees].flatMap(([tree, { packages }]) => {
    const now = newestOf(after.trees.get(tree)?.packages ?? []);
    return [...newestOf(packages)].flatMap(([name, best]) => {
      const next = now.get(name);
      return next && compareEvr(next, best) >= 0 ? [] : [name];
    });
  });
}

function newestOf(packages: readonly PackageEntry[]): ReadonlyMap<string, PackageEntry> {
  const newest = new Map<string, PackageEntry>();
  for (const p of packages) {
    const best = newest.get(nameArch(p));
    if (!best || compareEvr(p, best) > 0) newest.set(nameArch(p), p);
  }
  return newest;
}
