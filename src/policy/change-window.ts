import type { ChangeWindow } from '../model/index.ts';
import { didYouMean } from './suggest.ts';

/** In the order of `ChangeWindow.days`. */
export const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

const example = 'Wed 08:00-16:00 Europe/Zurich';

/**
 * Reads `Wed 08:00-16:00 Europe/Zurich`: weekdays as a list of days and ranges (`Mon-Thu,Sat`), a time range, an IANA
 * time zone or UTC. Answers the window or what is wrong with the text.
 */
export function parseChangeWindow(
  text: string,
): { readonly window: ChangeWindow } | { readonly problem: string } {
  const parts = text.trim().split(/\s+/);
  const [dayText = '', timeText = '', zone = ''] = parts;
  if (parts.length !== 3) {
    return { problem: `expected weekdays, hours and a time zone, such as "${example}"` };
  }
  const days = daysOf(dayText);
  if ('problem' in days) return days;
  const hours = /^(\d{2}):(\d{2})-(\d{2}):(\d{2})$/.exec(timeText);
  const fromMinute = minuteOf(hours?.[1], hours?.[2]);
  const toMinute = minuteOf(hours?.[3], hours?.[4]);
  if (fromMinute === undefined || toMinute === undefined || fromMinute === 1440) {
    return { problem: `expected hours such as 08:00-16:00 or 22:00-04:00, found "${timeText}"` };
  }
  if (fromMinute === toMinute) {
    return { problem: `${timeText} has no length; a whole day is 00:00-24:00` };
  }
  const problem = zoneProblem(zone);
  if (problem !== undefined) return { problem };
  return { window: { text, days: days.days, fromMinute, toMinute, zone } };
}

/** The whole of one weekday. */
export function wholeDay(day: string, zone: string): ChangeWindow {
  const days = [indexOf(day)];
  return { text: day, days, fromMinute: 0, toMinute: 1440, zone };
}

/** What is wrong with the name of a time zone; undefined when it is one. */
export function zoneProblem(zone: string): string | undefined {
  try {
    if (zone !== 'UTC' && !/^[A-Za-z]+\/[A-Za-z0-9_+/-]+$/.test(zone)) throw new RangeError(zone);
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return undefined;
  } catch {
    const near = didYouMean(zone, Intl.supportedValuesOf('timeZone'));
    return `there is no time zone "${zone.slice(0, 60)}"; ${near}expected an IANA name such as Europe/Zurich, or UTC`;
  }
}

function daysOf(text: string): { readonly days: readonly number[] } | { readonly problem: string } {
  const days = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.split('-');
    const [from, to] = [indexOf(first), indexOf(last)];
    if (from < 0 || to < 0 || rest.length > 0) {
      return { problem: `expected days of ${weekdays.join(' ')}, found "${part.slice(0, 40)}"` };
    }
    for (let day = from; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === to) break;
    }
  }
  return { days: [...days].toSorted((a, b) => a - b) };
}

const indexOf = (day: string): number => weekdays.findIndex((d) => d === day);

function minuteOf(hour: string | undefined, minute: string | undefined): number | undefined {
  const total = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && total <= 1440 ? total : undefined;
}
