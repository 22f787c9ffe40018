import { Fault, type Floor } from '../../model/index.ts';
import type { Repomd } from '../../rpm/index.ts';
import type { MirrorJob } from './job.ts';

const tolerance = 86_400;

/** How far this metadata has come: createrepo_c writes seconds since 1970 as the revision, others count. */
export function floorOf(repomd: Repomd): Floor {
  const revision = /^\d{1,20}$/.test(repomd.revision) ? Number(repomd.revision) : 0;
  return { revision, timestamp: Math.max(0, ...repomd.records.map((r) => r.timestamp)) };
}

/** Nothing from the future: it would make every later, honest metadata look like a rollback. */
export function checkPlausible(name: string, offered: Floor, now: number): void {
  const ahead = [
    ['revision', offered.revision],
    ['newest timestamp', offered.timestamp],
  ].find(([, value]) => Number(value) > now + tolerance);
  if (ahead === undefined) return;
  throw new Fault('RevisionImplausible', {
    object: `upstream ${name}`,
    check: `${ahead[0]} of repomd.xml`,
    expected: `at most a day after now, ${now}`,
    found: String(ahead[1]),
    fix: 'Compare the clock of this machine; if it is right, the upstream must mend its metadata.',
  });
}

/** Older than what was seen before is a rollback, signed or not, until an operator says it is right. */
export function checkFloor(job: MirrorJob, offered: Floor): void {
  const { floor, upstream } = job;
  if (floor === undefined || job.acknowledgedRollback === true) return;
  const counts = offered.revision > 0 && floor.revision > 0;
  const older =
    (counts && offered.revision < floor.revision) || offered.timestamp < floor.timestamp;
  if (!older) return;
  throw new Fault('UpstreamRollback', {
    object: `upstream ${upstream.name}`,
    check: 'the metadata is not older than what was seen before',
    expected: `revision ${floor.revision} of ${textOf(floor.timestamp)} or later`,
    found: `revision ${offered.revision} of ${textOf(offered.timestamp)}`,
    fix: `Ask the upstream. If going back is right: sluice acknowledge upstream/${upstream.name}`,
    at: upstream.at,
  });
}

/** What the next sync is held to. */
export function nextFloor(job: MirrorJob, offered: Floor): Floor {
  const { floor } = job;
  if (floor === undefined || job.acknowledgedRollback === true) return offered;
  return {
    revision: Math.max(floor.revision, offered.revision),
    timestamp: Math.max(floor.timestamp, offered.timestamp),
  };
}

function textOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
