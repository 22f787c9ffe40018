import type { Channel, ChannelHistory, Hold } from '../model/index.ts';
import { packageKeyOf } from './package-signing.ts';
import { historyOf, type RecordedWorld } from './world.ts';

/** Which keys a channel's next generation is signed with and published beside. */
export interface SigningKeys {
  /** Over the metadata: the channel's own first, then those before it, so that machines with either key go on. */
  readonly metadata: readonly string[];
  /** Published beside them: the one that comes next, and those that generations still need. */
  readonly offered: readonly string[];
  /** When they end, of those that do; seconds since 1970. */
  readonly ends: Readonly<Record<string, number>>;
  /** Why nothing may be published. */
  readonly hold?: Hold;
  readonly notes: readonly Hold[];
}

const day = 86_400;
/** So many days before its end a key is told about. */
const warningDays = 30;

/** `own`: the channel's metadata key, or the site's default one. */
export function signingKeysOf(world: RecordedWorld, channel: Channel, own: string): SigningKeys {
  const { actual } = world;
  const state = historyOf(world, channel.name);
  const packageKey = packageKeyOf(channel);
  const used = packageKey === undefined ? [own] : [own, packageKey];
  const former = state?.formerKeys;
  const along = (former?.metadata ?? []).filter((key) => key !== own).filter(isUsable(world));
  const metadata = [own, ...along];
  const next = channel.sign.next;
  const wanted = [...(next === undefined ? [] : [next]), ...(former?.packages ?? [])];
  const offered = [...new Set(wanted)].filter(
    (key) => !metadata.includes(key) && key !== packageKey && actual.signingKeys.includes(key),
  );
  const ends = Object.fromEntries(
    [...metadata, ...used, ...offered].flatMap((key) => {
      const end = actual.keyEnds?.get(key);
      return end === undefined ? [] : [[key, end]];
    }),
  );
  const hold =
    endedHold(world, channel, used) ??
    absentNext(world, channel) ??
    unannouncedHold(world, channel, { state, used });
  return {
    ...{ metadata, offered, ends, notes: endingNotes(world, channel, [...used, ...offered]) },
    ...(hold ? { hold } : {}),
  };
}

function isUsable({ actual, now }: RecordedWorld): (key: string) => boolean {
  return (key) =>
    actual.signingKeys.includes(key) &&
    (actual.keyEnds?.get(key) ?? Number.POSITIVE_INFINITY) > now;
}

/** Everything that machines were told of by the generation that is served. */
export function publishedKeys({
  generation,
}: Pick<ChannelHistory, 'generation'>): readonly string[] {
  const { keys, packageKey, offered = [] } = generation;
  return [...keys, ...(packageKey === undefined ? [] : [packageKey]), ...offered];
}

function endedHold(
  world: RecordedWorld,
  channel: Channel,
  keys: readonly string[],
): Hold | undefined {
  const { actual, now } = world;
  const key = keys.find((k) => (actual.keyEnds?.get(k) ?? Number.POSITIVE_INFINITY) <= now);
  if (key === undefined) return undefined;
  return {
    code: 'KeyExpired',
    ...{ subject: `channel:${channel.name}`, channel: channel.name },
    text: `the key ${key} ended on ${dayText(actual.keyEnds?.get(key) ?? 0)}: machines refuse what it signs, so ${channel.name} gets nothing new and goes on serving what it has`,
    awaits: `sluice key extend ${key} --expires 2y`,
    at: channel.at,
  };
}

function absentNext({ actual }: RecordedWorld, channel: Channel): Hold | undefined {
  const { next } = channel.sign;
  if (next === undefined || actual.signingKeys.includes(next)) return undefined;
  return {
    code: 'KeyMissing',
    ...{ subject: `channel:${channel.name}`, channel: channel.name },
    text: `the next key ${next} of ${channel.name} is not here`,
    awaits: 'that key under keys/ of the state directory (sluice key new), or another sign.next',
    at: channel.at,
  };
}

/** A key signs one generation after machines could have it; where the one before is gone or ended, nothing helps. */
function unannouncedHold(
  world: RecordedWorld,
  channel: Channel,
  at: { readonly state: ChannelHistory | undefined; readonly used: readonly string[] },
): Hold | undefined {
  const before = at.state?.generation.keys[0];
  if (!at.state || before === undefined || !isUsable(world)(before)) return undefined;
  const published = new Set(publishedKeys(at.state));
  const key = at.used.find((k) => !published.has(k));
  if (key === undefined) return undefined;
  return {
    code: 'KeyNotAnnounced',
    ...{ subject: `channel:${channel.name}`, channel: channel.name },
    text: `${channel.name} would be signed by ${key}, which no machine had a chance to learn of`,
    awaits: `sign.next: ${key} in ${channel.at.file} for one generation, before it signs`,
    at: channel.at,
  };
}

function endingNotes(
  world: RecordedWorld,
  channel: Channel,
  keys: readonly string[],
): readonly Hold[] {
  const { actual, now } = world;
  return [...new Set(keys)].flatMap((key): Hold[] => {
    const end = actual.keyEnds?.get(key);
    const left = end === undefined ? Number.POSITIVE_INFINITY : end - now;
    if (end === undefined || left <= 0 || left > warningDays * day) return [];
    const days = Math.ceil(left / day);
    const urgent = days <= 7 ? ': change or extend it now' : '';
    return [
      {
        code: 'KeyEnds',
        ...{ subject: `channel:${channel.name}`, channel: channel.name },
        text: `the key ${key} ends in ${days} ${days === 1 ? 'day' : 'days'}, on ${dayText(end)}${urgent}`,
        awaits: `sluice key extend ${key} --expires 2y, or sign.next with another one`,
        until: end,
        at: channel.at,
      },
    ];
  });
}

const dayText = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
