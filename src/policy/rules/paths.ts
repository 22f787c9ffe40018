import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';

/** First segments of URLs that the controller itself answers. */
const reserved: readonly string[] = [
  'snapshots',
  'proposals',
  'api',
  'hooks',
  'healthz',
  'readyz',
  'metrics',
];

/** No channel is published inside another one, nor where the controller answers. */
export function pathsAreApart(entries: Entries): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [i, channel] of entries.channels.entries()) {
    const at = entries.placeOf(channel.at.file, ['path']);
    const [first = ''] = channel.path.split('/');
    if (reserved.includes(first.toLowerCase())) {
      const message = `the path "${channel.path}" starts with the reserved word "${first}"`;
      const fix = `Choose another first segment than ${reserved.join(', ')}.`;
      findings.push(errorAt(at, 'PolicyConflict', { message, fix }));
    }
    const inside = entries.channels.slice(0, i).find((other) => overlap(other.path, channel.path));
    if (inside !== undefined) {
      const message = `the path "${channel.path}" overlaps with "${inside.path}" of channel ${inside.name}`;
      const fix = `Give ${channel.name} a path of its own, such as ${channel.name}.`;
      findings.push(errorAt(at, 'PolicyConflict', { message, fix }));
    }
  }
  return findings;
}

/** Letter case does not count: channel folders may be copied to a file system that ignores it. */
function overlap(a: string, b: string): boolean {
  const [x, y] = [`${a.toLowerCase()}/`, `${b.toLowerCase()}/`];
  return x.startsWith(y) || y.startsWith(x);
}
