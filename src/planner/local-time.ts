import type { ChangeWindow } from '../model/index.ts';

const dayMinutes = 1440;
const daySeconds = 86_400;
/** Every weekday comes again within a week; a clock change can swallow one of its hours, so two weeks are looked at. */
const lookDays = 15;

/** Is it inside the hours of a window? Instants in seconds since 1970. */
export function isInside(window: ChangeWindow, at: number): boolean {
  return insideBy(window, clockOf(window.zone))(at);
}

/** The next instant at which a window opens, if it is closed, or closes, if it is open; undefined when it never does. */
export function nextChange(window: ChangeWindow, at: number): number | undefined {
  const clock = clockOf(window.zone);
  const inside = insideBy(window, clock);
  const now = inside(at);
  return boundaries(window, clock, { at, first: -2, last: lookDays }).find(
    (t) => t > at && inside(t) !== now,
  );
}

/** The last instant up to `at` at which a window closed. */
export function lastClosing(window: ChangeWindow, at: number): number | undefined {
  const clock = clockOf(window.zone);
  const inside = insideBy(window, clock);
  return boundaries(window, clock, { at, first: -lookDays, last: 1 }).findLast(
    (t) => t <= at && !inside(t) && inside(t - 60),
  );
}

/** What the clocks of a zone show, as if it were UTC: seconds since 1970. */
type Clock = (at: number) => number;

function clockOf(zone: string): Clock {
  const format = new Intl.DateTimeFormat('en', {
    ...{ timeZone: zone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at * 1000).map((p) => [p.type, Number(p.value)]));
    const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const day = Date.UTC(part('year'), part('month') - 1, part('day'));
    return day / 1000 + part('hour') * 3600 + part('minute') * 60 + part('second');
  };
}

function insideBy(window: ChangeWindow, clock: Clock): (at: number) => boolean {
  const { days, fromMinute, toMinute } = window;
  return (at) => {
    const shown = clock(at);
    const minute = Math.floor((shown % daySeconds) / 60);
    // 1970 began on a Thursday.
    const today = (Math.floor(shown / daySeconds) + 4) % 7;
    const yesterday = (today + 6) % 7;
    if (toMinute > fromMinute) {
      return days.includes(today) && minute >= fromMinute && minute < toMinute;
    }
    return (
      (days.includes(today) && minute >= fromMinute) ||
      (days.includes(yesterday) && minute < toMinute)
    );
  };
}

/** Every instant at which the window could open or close, in order; clock changes are among them. */
function boundaries(
  window: ChangeWindow,
  clock: Clock,
  range: { readonly at: number; readonly first: number; readonly last: number },
): readonly number[] {
  const found = new Set<number>();
  const midnight = Math.floor(clock(range.at) / daySeconds) * daySeconds;
  for (let day = range.first; day <= range.last; day++) {
    for (const minute of [window.fromMinute, window.toMinute % dayMinutes]) {
      const shown = midnight + day * daySeconds + minute * 60;
      for (const instant of instantsOf(clock, shown)) found.add(instant);
    }
  }
  return [...found].toSorted((a, b) => a - b);
}

/** When the clocks show this: once, twice when they are set back, and at the jump when they leave it out. */
function instantsOf(clock: Clock, shown: number): readonly number[] {
  const offset = (at: number) => clock(at) - at;
  const [before, after] = [shown - daySeconds, shown + daySeconds];
  const [first, second] = [offset(before), offset(after)];
  if (first === second) return [shown - first];
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle) === first) low = middle;
    else high = middle;
  }
  return [shown - first, high, shown - second];
}
