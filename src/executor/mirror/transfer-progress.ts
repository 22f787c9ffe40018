import type { Sync } from './job.ts';
import type { OfferedPackage } from './offered-package.ts';
import type { UpstreamFiles } from './upstream-files.ts';

const stepBytes = 1 << 20;

/** Counts what comes in and tells the log, a mebibyte at a time. */
export function transferProgress(sync: Sync, missing: readonly OfferedPackage[]) {
  const total = missing.reduce((sum, p) => sum + p.sizeBytes, 0);
  const task = `mirror ${sync.upstream.name}`;
  let done = 0;
  let told = 0;
  const tell = (): void => {
    told = done;
    sync.ports.log.emit({ kind: 'progress', task, done, total, unit: 'bytes' });
  };
  return {
    count: (bytes: number): void => {
      done = Math.min(total, done + bytes);
      if (done - told >= stepBytes) tell();
    },
    end: (): void => {
      if (total > 0) tell();
    },
  };
}

/** The same files; `count` hears of their bytes, not at every piece. */
export function watchedFiles(files: UpstreamFiles, count: (bytes: number) => void) {
  let bytes = 0;
  const flush = (): void => {
    count(bytes);
    bytes = 0;
  };
  const watched: UpstreamFiles = {
    ...files,
    open: async function* (address, href, limits) {
      for await (const chunk of files.open(address, href, limits)) {
        bytes += chunk.length;
        if (bytes >= stepBytes) flush();
        yield chunk;
      }
    },
  };
  return { watched, flush };
}
