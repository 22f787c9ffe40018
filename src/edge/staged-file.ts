import { constants } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Staged } from '../ports.ts';
import { makeDirectory, syncDirectory } from './directory.ts';
import { diskFault, hasErrno } from './disk-fault.ts';
import type { FileCalls, OpenFile } from './file-calls.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/** A new file in a staging folder, read-only for everybody who opens it again. It gets its final name by a hard link, which never takes an existing name. */
export async function stageFile(fs: FileCalls, directory: string, name: string): Promise<Staged> {
  const path = join(directory, name);
  const handle = await created(fs, path);
  let open = true;
  let flushed = false;
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
    flush: () =>
      attempt('flushing', path, async () => {
        await handle.sync();
        flushed = true;
      }),
    keep: (final) =>
      attempt('keeping', final, async () => {
        if (!flushed) await handle.sync();
        await handle.close();
        open = false;
        await makeDirectory(dirname(final));
        const outcome = await linkNew(fs, path, final);
        await fs.rm(path, { force: true });
        return outcome;
      }),
    leave: () =>
      attempt('writing', path, async () => {
        await handle.close();
        open = false;
      }),
    discard: drop,
  };
}

/** The folder is nearly always there. */
async function created(fs: FileCalls, path: string): Promise<OpenFile> {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  try {
    return await fs.open(path, flags, 0o444).catch(async (error) => {
      if (!hasErrno(error, 'ENOENT')) throw error;
      await makeDirectory(dirname(path));
      return await fs.open(path, flags, 0o444);
    });
  } catch (error) {
    throw diskFault(error, { path, doing: 'staging' });
  }
}

/** On disk when the promise settles. */
export async function linkNew(
  fs: Pick<FileCalls, 'link'>,
  path: string,
  final: string,
): Promise<'kept' | 'already'> {
  try {
    await fs.link(path, final);
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return 'already';
    throw error;
  }
  await syncDirectory(dirname(final));
  return 'kept';
}
