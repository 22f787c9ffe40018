import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '../../../model/index.ts';
import { installerUsers } from './sandbox-command.ts';

const othersMaySearch = 0o001;

/** As root a sandbox runs as somebody else, who must be able to get to what is mounted in it. */
export async function refuseUnreachable(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  for (let at = path; ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & othersMaySearch) === 0) {
      throw new Fault('CannotIsolate', {
        object: at,
        check: 'the user that a sandbox runs as can get to what it is made of',
        expected: 'a folder that others may search',
        found: `mode ${(mode & 0o7777).toString(8)}`,
        fix: `chmod o+x ${at}; what is secret below it has modes of its own.`,
      });
    }
    if (at === dirname(at)) return;
  }
}

/** The folder that packages are installed into belongs to the root of the namespace that installs them. */
export async function handOver(directory: string): Promise<void> {
  if (process.getuid?.() === 0) await chown(directory, installerUsers.first, installerUsers.first);
}
