import { Fault } from '../model/index.ts';

const day = 86_400;
/** Corrections by the network and changes of a computer's clock chip stay below this. */
const backwardsSeconds = day;
/** A site may be switched off for some time; more than this is a wrong clock, or worth an operator's word. */
const forwardsSeconds = 366 * day;

/**
 * What is wrong with the clock, seen from the newest time that was recorded (0: none was). Nothing is recorded and
 * nothing decided at such a time, so no soak, floor or retention ever counts from it. Seconds since 1970.
 */
export function clockFault(recorded: number, now: number): Fault | undefined {
  const later = now - recorded;
  if (recorded === 0 || (later >= -backwardsSeconds && later <= forwardsSeconds)) return undefined;
  const days = Math.round(Math.abs(later) / day);
  return new Fault('ClockImplausible', {
    object: 'clock of this machine',
    check: 'time that was last recorded in the journal',
    expected: `${isoTime(recorded)} or somewhat later`,
    found: `${isoTime(now)}: differs from what was last seen by ${days} days`,
    fix: 'Correct the clock; nothing was done meanwhile. Where the clock is right, and was wrong before or off for long: sluice acknowledge clock',
  });
}

const isoTime = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
