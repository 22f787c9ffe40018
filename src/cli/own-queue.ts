import { type BuildQueue, type BuildQueueOptions, buildQueue } from '../controller/index.ts';
import type { ControllerConfig } from './config.ts';
import type { Opened } from './verb.ts';

const mebibyte = 1 << 20;

/** The same installation with a queue of its own, so that builds run beside its passes. */
export function withBuilds(
  opened: Opened,
  how: Pick<BuildQueueOptions, 'exclusive' | 'ended'>,
): Opened & { readonly builds: BuildQueue } {
  const { concurrency } = opened.site.config.builds;
  const limits = limitsOf(opened.site.config.builds);
  const builds = buildQueue(opened.installation, { concurrency, limits, ...how });
  return { ...opened, installation: { ...opened.installation, builds }, builds };
}

function limitsOf(builds: ControllerConfig['builds']) {
  return {
    seconds: builds.minutes * 60,
    memoryBytes: builds.memoryMiB * mebibyte,
    processes: builds.processes,
    diskBytes: builds.diskMiB * mebibyte,
    logBytes: builds.logMiB * mebibyte,
  };
}
