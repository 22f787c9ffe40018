import type { ChangeWindow, Hold } from '../../model/index.ts';
import { isInside, nextChange } from '../local-time.ts';
import { type Entering, holdOf, type Judging, placeOf } from './judging.ts';

/** Something enters only in the hours that the channel names. */
export function gateWindow(judging: Judging, { unit, judged }: Entering): Hold | undefined {
  const { window } = judging.channel.gates;
  const closed = judged.length > 0 && window && closedWindow(window, judging.context.now);
  return closed ? holdOf(judging, unit.name, { ...closed, ...placeOf(unit) }) : undefined;
}

/** What a closed window says, and when it opens. */
export function closedWindow(
  window: ChangeWindow,
  now: number,
): Pick<Hold, 'code' | 'text' | 'awaits' | 'until'> | undefined {
  if (isInside(window, now)) return undefined;
  const until = nextChange(window, now);
  return {
    code: 'OutsideWindow',
    text: `changes enter in the window ${window.text}`,
    awaits: 'time',
    ...(until === undefined ? {} : { until }),
  };
}
