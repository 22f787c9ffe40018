import {
  type Channel,
  nevraText,
  type PackageStateName,
  type PackageStatus,
  type Plan,
  stateEntry,
  type Update,
} from '../model/index.ts';
import { isBuiltHere } from './builds/built-here.ts';
import { machineChannels } from './builds/results-channels.ts';
import { sourceCandidates } from './builds/source-candidates.ts';
import { planChannel } from './channel.ts';
import { compareText } from './compare-text.ts';
import { plan } from './plan.ts';
import { stateFacts, stateOfUpdate, type UpdateState } from './state-of-update.ts';
import { offeredUpdates } from './updates/taking.ts';
import { type Context, contextOf, type World } from './world.ts';

/** Where every package is on its way: derived from what is, each time it is asked. */
export function packageStates(world: World): readonly PackageStatus[] {
  const context = contextOf(world);
  const made = plan(world);
  const updates = [...context.desired.updates.values()];
  const facts = stateFacts(context, made);
  const known = new Set(updates.flatMap((u) => u.packages.map((p) => p.sha256)));
  return [
    ...refused(context),
    ...offered(context, known),
    ...updates.flatMap((u) => ofUpdate(context, u, stateOfUpdate(facts, u))),
    ...ofBases(context, known),
  ].toSorted((a, b) => compareText(a.nevra, b.nevra) || compareText(a.tree, b.tree));
}

/** The state of every update: all its packages are in it together. */
export function updateStates(world: World, made: Plan): ReadonlyMap<string, UpdateState> {
  const facts = stateFacts(contextOf(world), made);
  return new Map([...world.desired.updates].map(([id, u]) => [id, stateOfUpdate(facts, u)]));
}

/** What the machine says of a state, where the facts say nothing closer. */
function status(
  facts: Pick<PackageStatus, 'nevra' | 'upstream' | 'tree'> & Partial<PackageStatus>,
  state: PackageStateName,
): PackageStatus {
  const { awaits, reports } = stateEntry(state);
  return {
    ...(awaits === undefined ? {} : { awaits }),
    ...(reports === undefined ? {} : { reports }),
    ...facts,
    state,
  };
}

function ofUpdate(context: Context, update: Update, at: UpdateState): readonly PackageStatus[] {
  const { state, awaits, channel } = at;
  const facts = {
    update: update.id,
    ...(awaits === undefined ? {} : { awaits }),
    ...(channel === undefined ? {} : { channel }),
  };
  const { build, packages } = update;
  if (build && packages.length === 0) {
    const { nevra, upstream } = build.source;
    return [status({ nevra, upstream, tree: 'source', ...facts }, state)];
  }
  return packages.map(({ nevra, upstream, tree }) => {
    const own = tree ?? context.desired.upstreams.get(upstream)?.tree ?? '';
    return status({ nevra, upstream, tree: own, ...facts }, state);
  });
}

function refused({ desired, actual }: Context): readonly PackageStatus[] {
  return [...desired.upstreams.values()].flatMap(({ name: upstream, tree }) =>
    (actual.upstreams.get(upstream)?.latest?.refused ?? []).map(({ nevra, fault }) =>
      status({ nevra: nevraText(nevra), upstream, tree, awaits: fault.fix }, 'test-failed'),
    ),
  );
}

/** News that no update has yet: it is asked for, held by a policy, or its source is going to be built. */
function offered(context: Context, known: ReadonlySet<string>): readonly PackageStatus[] {
  const channels = [...context.desired.channels.values()].map((c) => planChannel(context, c));
  const { candidates } = offeredUpdates(context, channels);
  const started = new Set(
    [...context.desired.updates.values()].flatMap((u) => u.build?.source.sha256 ?? []),
  );
  const sources = sourceCandidates(context)
    .filter((c) => !started.has(c.source.sha256))
    .map(({ source: { nevra, upstream } }) =>
      status({ nevra, upstream, tree: 'source' }, 'waiting'),
    );
  const copies = [...candidates.values()].flatMap(({ entry, upstream }): PackageStatus[] => {
    if (known.has(entry.sha256) || isBuiltHere(context, entry, { upstream })) return [];
    const tree = context.desired.upstreams.get(upstream)?.tree ?? '';
    const isHeld = context.policyOf(entry.name, upstream)?.action === 'hold';
    const facts = { nevra: nevraText(entry), upstream, tree };
    return [status(facts, isHeld ? 'held' : 'waiting')];
  });
  return [...sources, ...copies];
}

/** What base pins brought: good in a channel that nobody follows, untested in the others. */
function ofBases(context: Context, known: ReadonlySet<string>): readonly PackageStatus[] {
  const followed = new Set([...context.desired.channels.values()].map((c) => c.follows));
  const found = new Map<string, PackageStatus>();
  for (const channel of machineChannels(context)) {
    const state = followed.has(channel.name) ? 'untested' : 'good';
    for (const [tree, content] of servedBy(context, channel)) {
      for (const p of content.packages) {
        const key = `${tree} ${p.sha256}`;
        if (known.has(p.sha256) || (found.has(key) && state === 'untested')) continue;
        const nevra = nevraText(p);
        const upstream = upstreamOf(context, channel, tree);
        found.set(key, status({ nevra, upstream, tree, channel: channel.name }, state));
      }
    }
  }
  return [...found.values()];
}

const servedBy = ({ actual }: Context, channel: Channel) =>
  actual.channels.get(channel.name)?.content.trees ?? new Map<string, never>();

/** Of a tree with several bases the first is named; which one brought a package is what `why` tells. */
function upstreamOf(context: Context, channel: Channel, tree: string): string {
  const pin = channel.base.find((b) => context.desired.upstreams.get(b.upstream)?.tree === tree);
  return pin?.upstream ?? '';
}
