import { type Channel, counted, type Hold } from '../../model/index.ts';
import { listed } from '../gates/judging.ts';
import type { Wish } from './wish.ts';

/** So many questions of one channel are open at once; people who are asked more answer none. */
const openAtOnce = 20;

const limited: ReadonlySet<Wish['kind']> = new Set([
  'errata',
  'packages',
  'promotion',
  'reissue',
  'built',
]);

/** Counts the open questions of each channel. What is less urgent does not stand in the way of what is more urgent. */
export interface ProposalLimit {
  /** Whether one more may be asked now. */
  allows(wish: Wish): boolean;
  /** It is open, or becomes so. */
  count(wish: Wish): void;
}

export function proposalLimit(): ProposalLimit {
  const open = new Map<string, readonly number[]>();
  const rankedOf = (wish: Wish) => open.get(wish.channel) ?? [];
  return {
    allows: (wish) =>
      !limited.has(wish.kind) ||
      rankedOf(wish).filter((rank) => rank <= urgency(wish)).length < openAtOnce,
    count: (wish) => {
      if (limited.has(wish.kind)) open.set(wish.channel, [...rankedOf(wish), urgency(wish)]);
    },
  };
}

/** Questions that are open already first, then by urgency; equal ones keep their order. */
export function inOrderOfUrgency(
  wishes: readonly Wish[],
  open: ReadonlySet<string>,
): readonly Wish[] {
  const rank = (wish: Wish) => (open.has(wish.identity) ? -1 : urgency(wish));
  return wishes.toSorted((a, b) => rank(a) - rank(b));
}

const severities: Readonly<Record<string, number>> = {
  Critical: 1,
  Important: 2,
  Moderate: 3,
  Low: 4,
};

/** 0 is for what is no update, 1 to 5 for security by its severity, 6 for other advisories, 7 for everything else. */
function urgency({ kind, advisories }: Wish): number {
  if (!limited.has(kind)) return 0;
  const ranks = advisories.map(({ type, severity }) =>
    type === 'security' ? (severities[severity] ?? 5) : 6,
  );
  return Math.min(7, ...ranks);
}

/** What is not asked yet, by channel. */
export function limitHolds(
  channels: readonly Channel[],
  waiting: readonly Wish[],
): readonly Hold[] {
  return channels.flatMap((channel): Hold[] => {
    const own = waiting.filter((w) => w.channel === channel.name);
    if (own.length === 0) return [];
    const names = listed(own.map((w) => w.subject.replace(/^update:/, '')));
    return [
      {
        code: 'ProposalLimit',
        ...{ subject: `channel:${channel.name}`, channel: channel.name },
        text: `${counted(own.length, 'proposal')} to ${channel.name} not opened yet (${names}): at most ${openAtOnce} are open at once, security and the most severe first`,
        awaits: 'an answer to an open proposal: merge or close it',
        at: channel.at,
      },
    ];
  });
}
