import type { Channel, ChannelSnapshot } from '../../model/index.ts';
import { type Context, stateOf } from '../world.ts';
import { buildContent } from './content.ts';
import { promotionUnits } from './units.ts';

interface Remembered {
  readonly inputs: readonly unknown[];
  readonly content: ChannelSnapshot;
}

/** The last contents of a channel, as long as its declaration is alive. */
const remembered = new WeakMap<Channel, readonly Remembered[]>();
const mostRemembered = 4;

/**
 * What a channel serves by the policy, gates aside. Nothing in a world changes after it was given to a plan, so the
 * same objects give the same content, and a channel that nothing happened to costs the comparison of its inputs.
 */
export function wantedContent(context: Context, channel: Channel): ChannelSnapshot {
  const inputs = inputsOf(context, channel);
  const last = remembered.get(channel) ?? [];
  const known = last.find((r) => isSame(r.inputs, inputs));
  if (known) return known.content;
  const built = buildContent(context, channel, {});
  const served = stateOf(context, channel.name)?.content;
  // Lists that are the same object need no comparison later on.
  const content = served && built.id === served.id ? served : built;
  remembered.set(channel, [{ inputs, content }, ...last].slice(0, mostRemembered));
  return content;
}

/** Everything that `buildContent` looks at; what it comes to look at has to be added here. */
function inputsOf(context: Context, channel: Channel): readonly unknown[] {
  const { desired, actual } = context;
  const state = stateOf(context, channel.name);
  const inputs: unknown[] = [state?.generation, state?.content, state?.admitted];
  inputs.push(...desired.upstreams.values(), ...desired.policies);
  for (const { snapshot } of channel.base) {
    inputs.push(snapshot && actual.snapshots.get(snapshot));
  }
  for (const { update, promotion } of promotionUnits(context, channel)) {
    inputs.push(promotion, update);
    inputs.push(update.advisory && context.advisories.get(update.advisory.sha256));
    for (const p of update.packages) inputs.push(context.packages.get(p.sha256, p.nevra));
    for (const m of update.modules) inputs.push(context.modules.get(m.sha256));
  }
  for (const file of desired.holds) if (file.channel === channel.name) inputs.push(file);
  return inputs;
}

const isSame = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((input, at) => input === b[at]);
