import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Staged } from '../ports.ts';
import { makeDirectory, syncDirectory } from './directory.ts';
import { diskFault, hasErrno } from './disk-fault.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** A new file in a staging folder, read-only for everybody who opens it again. It gets its final name by a hard link, which never takes an existing name. */
export async function stageFile(directory: string, name: string): Promise<Staged> {
  await makeDirectory(directory);
  const path = join(directory, name);
  const handle = await fs.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o444).catch((e) => {
    throw diskFault(e, { path, doing: 'staging' });
  });
  let open = true;
  let writtenBytes = 0;

  async function drop(): Promise<void> {
    if (open) await handle.close().catch(() => undefined);
    open = false;
    await fs.rm(path, { force: true });
  }

  async function attempt<T>(doing: string, at: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      await drop().catch(() => undefined);
      throw diskFault(error, { path: at, doing, sizeBytes: writtenBytes });
    }
  }

  return {
    path,
    write: (bytes) =>
      attempt('writing', path, async () => {
        writtenBytes += bytes.byteLength;
        await handle.writeFile(bytes);
      }),
    keep: (final) =>
      attempt('keeping', final, async () => {
        await handle.sync();
        await handle.close();
        open = false;
        await makeDirectory(dirname(final));
        const outcome = await linkNew(path, final);
        await fs.rm(path, { force: true });
        return outcome;
      }),
    discard: drop,
  };
}

async function linkNew(path: string, final: string): Promise<'kept' | 'already'> {
  try {
    await fs.link(path, final);
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return 'already';
    throw error;
  }
  await syncDirectory(dirname(final));
  return 'kept';
}
