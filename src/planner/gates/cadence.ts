import type { Channel, Hold, Sha256 } from '../../model/index.ts';
import { isInside, lastClosing, nextChange } from '../local-time.ts';
import { type Entering, holdOf, isFirstPin, type Judging, placeOf } from './judging.ts';

type Cadence = NonNullable<Channel['gates']['cadence']>;

/** On `admit` days a channel takes what the one that it follows had by the end of the last `take` day. */
export function gateCadence(judging: Judging, { unit, judged }: Entering): Hold | undefined {
  const { channel, followed, state, context } = judging;
  const { cadence } = channel.gates;
  if (!cadence || !followed || !state || judged.length === 0 || isFirstPin(unit)) return undefined;
  const until = takenAt(cadence, servedSince(judging, judged), context.now);
  if (until <= context.now) return undefined;
  return holdOf(judging, unit.name, {
    code: 'AwaitsCadence',
    text: cadenceText(channel, cadence),
    awaits: 'time',
    until,
    ...placeOf(unit),
  });
}

export function cadenceText(channel: Channel, { take, admit }: Cadence): string {
  return `${channel.name} takes ${take.text}'s content of ${channel.follows} on ${admit.text}`;
}

/** When the followed channel had all of it, seconds since 1970. */
function servedSince({ followed }: Judging, judged: readonly { readonly sha256: Sha256 }[]) {
  return Math.max(0, ...judged.map((p) => followed?.admitted.get(p.sha256) ?? 0));
}

/** Weeks that are looked at: content of a `take` day that has begun waits for two at most. */
const weeks = 3;

/** The first moment from `now` on that is on an `admit` day and after a `take` day that had the content. */
function takenAt({ take, admit }: Cadence, since: number, now: number): number {
  let at = now;
  for (let change = 0; change < 2 * weeks; change++) {
    if (isInside(admit, at) && since <= (lastClosing(take, at) ?? 0)) return at;
    at = nextChange(admit, at) ?? at;
  }
  return at;
}
