import type { Memory } from '../observer/index.ts';

/** Prometheus text format 0.0.4. */
export function metricsText(memory: Memory, passes: number): string {
  const lines = ['# TYPE sluice_passes_total counter', `sluice_passes_total ${passes}`];
  lines.push('# TYPE sluice_channel_generation gauge');
  for (const [channel, records] of memory.generations) {
    lines.push(`sluice_channel_generation{channel="${channel}"} ${records.at(-1)?.number ?? 0}`);
  }
  lines.push('# TYPE sluice_upstream_taken_seconds gauge', '# TYPE sluice_upstream_failed gauge');
  for (const [name, upstream] of memory.upstreams) {
    lines.push(
      `sluice_upstream_taken_seconds{upstream="${name}"} ${upstream.latest?.takenAt ?? 0}`,
    );
    lines.push(`sluice_upstream_failed{upstream="${name}"} ${upstream.fault ? 1 : 0}`);
  }
  return `${lines.join('\n')}\n`;
}
