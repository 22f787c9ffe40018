import type { Event } from '../ports.ts';
import { paintFor } from './paint.ts';

const barWidth = 24;
const redrawMilliseconds = 100;

/** Shows events on stderr: one moving bar on a terminal; notes and warnings as lines everywhere. */
export function eventPrinter(stream: NodeJS.WriteStream = process.stderr): (event: Event) => void {
  const paint = paintFor(stream);
  const live = stream.isTTY === true;
  let drawn = 0;
  const clear = () => (live ? '\r\u001b[K' : '');
  return (event) => {
    switch (event.kind) {
      case 'note':
        stream.write(`${clear()}${event.text}\n`);
        return;
      case 'warning':
        stream.write(`${clear()}${paint('yellow', 'warning')} ${event.text}\n`);
        return;
      case 'progress': {
        const ended = event.done >= event.total;
        if (!live || (!ended && Date.now() - drawn < redrawMilliseconds)) return;
        drawn = Date.now();
        stream.write(`${clear()}${ended ? '' : progressLine(event)}`);
      }
    }
  };
}

/** `mirror vendor  [######------]  52 %  1.2 of 2.4 GiB` */
export function progressLine(event: Extract<Event, { kind: 'progress' }>): string {
  const share = event.total === 0 ? 1 : Math.min(1, event.done / event.total);
  const filled = Math.round(share * barWidth);
  const bar = '#'.repeat(filled) + '-'.repeat(barWidth - filled);
  const of =
    event.unit === 'bytes'
      ? `${bytesText(event.done)} of ${bytesText(event.total)}`
      : `${event.done} of ${event.total} ${event.unit}`;
  return `${event.task}  [${bar}]  ${Math.floor(share * 100)} %  ${of}`;
}

/** Binary multiples with one digit after the point. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
