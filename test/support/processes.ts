import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ids of the processes whose command line has this in it; arguments end with a NUL there. */
export function processesWith(mark: string): readonly string[] {
  return readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && commandLine(name).includes(mark),
  );
}

function commandLine(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
  } catch {
    return '';
  }
}

/** Looks until it is so; the test's own deadline ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 50));
}
