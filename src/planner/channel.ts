import {
  type Channel,
  type ChannelSnapshot,
  counted,
  type Hold,
  type Need,
  type Reason,
  type Step,
} from '../model/index.ts';
import { treeFor } from './content/units.ts';
import { type Admission, admit, nothingAdmitted } from './gates/admission.ts';
import { publishSteps } from './publish.ts';
import { type Context, stateOf, suspensionOf } from './world.ts';

/** What one channel comes to: its next generation, and what waits. */
export interface ChannelPlan {
  readonly channel: Channel;
  readonly admission: Admission;
  /** Nothing may be proposed for or committed to it now. */
  readonly closed: boolean;
  readonly steps: readonly Step[];
  readonly holds: readonly Hold[];
  readonly notes: readonly Hold[];
  readonly needs: readonly Need[];
}

export function planChannel(context: Context, channel: Channel): ChannelPlan {
  const admission = channel.pin ? nothingAdmitted(context, channel) : admit(context, channel);
  const suspended = suspendedHold(context, channel);
  if (suspended) {
    const holds = [suspended];
    return { channel, admission, closed: true, steps: [], holds, notes: [], needs: [] };
  }
  const decided = channel.pin ? planPinned(context, admission) : planOpen(context, admission);
  return { channel, admission, ...decided };
}

type Decided = Omit<ChannelPlan, 'channel' | 'admission'>;

function planOpen(context: Context, admission: Admission): Decided {
  const { channel } = admission.judging;
  const unpinned = unpinnedHolds(context, channel);
  const { content, held } = admission;
  const published = content
    ? publishSteps(context, { channel, content, held, why: reasonOf(context, admission, content) })
    : { steps: [], holds: [] };
  return {
    ...{ closed: false, steps: published.steps },
    holds: [...unpinned, ...held, ...published.holds],
    notes: admission.notes,
    needs: admission.needs,
  };
}

/** `pin:` serves exactly that content until the line is removed. */
function planPinned(context: Context, admission: Admission): Decided {
  const { channel } = admission.judging;
  const { pin } = channel;
  const plan = { closed: true, needs: [] };
  const content = pin && context.actual.retained.get(channel.name)?.get(pin.digest);
  if (!pin || !content) {
    const hold: Hold = {
      code: 'SnapshotMissing',
      ...{ subject: `channel:${channel.name}`, channel: channel.name },
      text: `generation ${pin?.generation} (${pin?.digest}) is not held here any more`,
      awaits: 'another pin, or sluice snapshot import',
      at: pin?.at ?? channel.at,
    };
    return { ...plan, steps: [], holds: [hold], notes: [] };
  }
  const why: Reason = { text: `pinned to generation ${pin.generation}`, at: pin.at };
  const published = publishSteps(context, { channel, content, held: [], why });
  const note: Hold = {
    code: 'Pinned',
    ...{ subject: `channel:${channel.name}`, channel: channel.name },
    text: `${channel.name} serves generation ${pin.generation}; nothing is admitted`,
    awaits: `removal of pin: from ${pin.at.file}`,
    at: pin.at,
  };
  return { ...plan, ...published, notes: [note] };
}

function suspendedHold(context: Context, channel: Channel): Hold | undefined {
  const suspension = suspensionOf(context, `channel/${channel.name}`);
  if (!suspension) return undefined;
  return {
    code: 'Suspended',
    ...{ subject: `channel:${channel.name}`, channel: channel.name },
    text: `${suspension.object} is suspended: ${suspension.reason}`,
    awaits: `sluice resume ${suspension.object}`,
    ...(suspension.until === undefined ? {} : { until: suspension.until }),
    at: channel.at,
  };
}

function unpinnedHolds(context: Context, channel: Channel): readonly Hold[] {
  return channel.base
    .filter((b) => b.snapshot === undefined && !isToBuildOnly(context, channel, b.upstream))
    .map((b) => ({
      code: 'Unpinned',
      ...{ subject: `base:${b.upstream}`, channel: channel.name },
      text: `${b.upstream} has no snapshot in ${channel.name} yet and serves nothing`,
      awaits: `the bootstrap of ${channel.name}`,
      at: b.at,
    }));
}

/** Source packages of which the channel has no tree are there to be built. */
const isToBuildOnly = (context: Context, channel: Channel, upstream: string): boolean =>
  context.desired.upstreams.get(upstream)?.tree === 'source' &&
  treeFor(context, channel, upstream) === undefined;

/** Names what changed, and the first place in the policy that asks for it. */
function reasonOf(context: Context, admission: Admission, content: ChannelSnapshot): Reason {
  const { judging } = admission;
  const { channel } = judging;
  const state = stateOf(context, channel.name);
  const commit = context.desired.commit;
  if (!state) return { text: 'first generation', at: channel.at, commit };
  if (state.generation.content === content.id) {
    return { text: 'signed, compressed or reached in another way', at: channel.at, commit };
  }
  const entered = new Set(admission.entered);
  const units = judging.units.filter((u) => entered.has(u.name));
  const first = units[0];
  if (!first) return { text: changeText(state.content, content), at: channel.at, commit };
  const at = first.kind === 'base' ? first.pin.at : first.promotion.at;
  const more = units.length > 1 ? ` and ${units.length - 1} more` : '';
  return { text: `admits ${first.name}${more}`, at, commit };
}

const plural = { 'comes back': 'come back', leaves: 'leave' } as const;

/** What no pin and no promotion brought: a policy, a hold file or `keep` changed, or a decision was taken back. */
function changeText(before: ChannelSnapshot, after: ChannelSnapshot): string {
  const digests = (content: ChannelSnapshot) =>
    new Set([...content.trees.values()].flatMap((t) => t.packages.map((p) => p.sha256)));
  const [old, now] = [digests(before), digests(after)];
  const parts = [
    [now.difference(old).size, 'comes back'] as const,
    [old.difference(now).size, 'leaves'] as const,
  ].filter(([count]) => count > 0);
  const texts = parts.map(
    ([count, what]) => `${counted(count, 'package')} ${count === 1 ? what : plural[what]}`,
  );
  if (texts.length > 0) return texts.join(', ');
  const sameTrees =
    new Set(before.trees.keys()).symmetricDifference(new Set(after.trees.keys())).size === 0;
  return sameTrees ? 'its advisories, groups or modules changed' : 'its trees changed';
}
