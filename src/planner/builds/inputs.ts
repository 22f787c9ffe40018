import {
  type BuildAsk,
  type BuildInputs,
  type BuildRecipe,
  type BuildRoot,
  type Channel,
  canonicalDigest,
  type PackageEntry,
  type Sha256,
  type SourcePackage,
} from '../../model/index.ts';
import { compareText } from '../compare-text.ts';
import type { Context } from '../world.ts';
import type { BuildPolicy } from './built-here.ts';
import { feedsBuilds } from './results-channels.ts';
import { takesFrom } from './source-candidates.ts';

/** How a policy has things built, every answer to its questions in it. */
export function recipeOf({ desired }: Context, { build }: BuildPolicy): BuildRecipe {
  const answers = Object.entries(build.asks).flatMap(([name, ask]): [string, string][] => {
    const answer = build.params[name] ?? ask.default;
    if (answer === undefined) return [];
    return [[name, ask.type === 'yes-no' ? yesOrNo(answer) : answer]];
  });
  return {
    patches: build.patches.flatMap((path) => {
      const sha256 = desired.patches?.get(path);
      return sha256 === undefined ? [] : [{ path, sha256 }];
    }),
    defines: { ...build.defines, ...Object.fromEntries(answers) },
    with: build.with,
    without: build.without,
    args: build.args,
    ...(build.dist === undefined ? {} : { dist: build.dist }),
    ...(build.alsoMakes.length === 0 ? {} : { alsoMakes: build.alsoMakes }),
    ...(build.leavesOut.length === 0 ? {} : { leavesOut: build.leavesOut }),
  };
}

/** As macros have it. */
const yesOrNo = (answer: string): string => (answer === 'true' ? '1' : '0');

/** Questions of a policy that nobody has answered yet. */
export function openAsks({ build }: BuildPolicy): readonly (readonly [string, BuildAsk])[] {
  return Object.entries(build.asks).filter(([name]) => !Object.hasOwn(build.params, name));
}

export const recipeDigest = (recipe: BuildRecipe): Sha256 => canonicalDigest(recipe);

/** Channels that a built update of this upstream goes to first. */
export const takingChannels = ({ desired }: Context, upstream: string): readonly Channel[] =>
  [...desired.channels.values()].filter((c) => takesFrom(c, upstream));

/** Every one of them has to succeed before anything of the source package is offered. */
export function archesOf(context: Context, policy: BuildPolicy, upstream: string) {
  if (policy.build.arches.length > 0) return policy.build.arches;
  const trees = takingChannels(context, upstream).flatMap((c) => c.trees);
  return [...new Set(trees)].filter((t) => t !== 'source' && t !== 'debug').toSorted(compareText);
}

/** Where the tools come from now; a channel that serves nothing yet has no tools. */
export function rootOf(
  { actual, ...context }: Context,
  policy: BuildPolicy,
  upstream: string,
): BuildRoot | { readonly kind: 'absent'; readonly channel: string } {
  const { root } = policy.build;
  if (root === 'host') return { kind: 'host' };
  const taking = takingChannels({ actual, ...context }, upstream).filter((c) => !feedsBuilds(c));
  const names = root ?? taking.map((c) => c.name);
  const channels = names.map((name) => ({ name, content: actual.channels.get(name)?.content.id }));
  const known = channels.flatMap(({ name, content }) => (content ? [{ name, content }] : []));
  // Results that there are none of yet are nothing to wait for: this build may be the first.
  const mayBeEmpty = (name: string): boolean => {
    const channel = context.desired.channels.get(name);
    return known.length > 0 && channel !== undefined && feedsBuilds(channel);
  };
  const absent = channels.find((c) => c.content === undefined && !mayBeEmpty(c.name));
  return absent ? { kind: 'absent', channel: absent.name } : { kind: 'channels', channels: known };
}

export interface Buildable {
  readonly source: SourcePackage;
  readonly entry: PackageEntry;
  readonly policy: BuildPolicy;
}

/** Everything that determines a build, as things are now. */
export function inputsOf(
  context: Context,
  { source, entry, policy }: Buildable,
  at: { readonly arch: string; readonly root: BuildRoot },
): BuildInputs {
  return {
    source,
    ...at,
    builder: policy.build.builder,
    recipe: recipeOf(context, policy),
    // The same on every machine, and never before what it is made from.
    sourceDateEpoch: entry.buildTime,
  };
}
