import type { Channel, Step } from '../model/index.ts';
import { packageKeyOf, servesBuiltUnsigned } from './package-signing.ts';
import { publishAgain } from './publish.ts';
import { historyOf, type RecordedWorld, suspensionOf } from './world.ts';

/**
 * Steps of the channels whose pin names a content that they had before: its digest says all that is needed, so a rollback
 * costs the same however much is in it. The whole plan comes to the same steps, and to everything that waits; what is not
 * certain without the content is left to it.
 */
export function planReturns(world: RecordedWorld): readonly Step[] {
  return [...world.desired.channels.values()].flatMap((channel) => stepsOf(world, channel));
}

function stepsOf(world: RecordedWorld, channel: Channel): readonly Step[] {
  const { pin } = channel;
  const history = historyOf(world, channel.name);
  if (!pin || !history?.formerContents?.has(pin.digest)) return [];
  // Who is under way to what is served would have to find it in the new place too.
  if (history.generation.private !== channel.private) return [];
  if (suspensionOf(world, `channel/${channel.name}`) || mayNeedSignatures(world, channel))
    return [];
  const why = { text: `pinned to generation ${pin.generation}`, at: pin.at };
  return publishAgain(world, { channel, id: pin.digest, why }).steps;
}

/** Of packages: by a key that the channel names, or because something that is built here may be in it. */
function mayNeedSignatures({ desired }: RecordedWorld, channel: Channel): boolean {
  if (packageKeyOf(channel) !== undefined) return true;
  return (
    servesBuiltUnsigned(channel) && desired.updates.values().some((u) => u.build !== undefined)
  );
}
