import type { Asked } from './outcome.ts';

const most = 10;

/** How a proposal stands: its gates, what holds its content and who ends that, and how it is answered. */
export function explained({
  planned,
  record,
}: Pick<Asked, 'planned' | 'record'>): readonly string[] {
  const { number, head, deltaDigest, identity } = record;
  const told = planned.statuses.find((s) => s.number === number)?.statuses ?? [];
  const known = new Map([...(record.statuses ?? []), ...told].map((s) => [s.name, s]));
  const statuses = [...known.values()].map((s) => `sluice/${s.name}: ${s.state}, ${s.text}`);
  const units = Object.keys(record.brings ?? {});
  const subjects = new Set([...units, ...units.map((u) => u.replace(/^promotion:/, 'update:'))]);
  const channel = identity.split('/')[1];
  const holds = planned.holds
    .filter((h) => h.channel === channel && subjects.has(h.subject))
    .map((h) => `${h.code}: ${h.text}; awaits ${h.awaits}`);
  const closed =
    holds.length > most ? [...holds.slice(0, most), `and ${holds.length - most} more`] : holds;
  return [
    ...statuses,
    ...closed,
    `A merge is yes, closing it is no. To approve what is shown: /sluice approve ${deltaDigest} ${head}`,
  ];
}
