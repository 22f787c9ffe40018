import { constants, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { Fault } from '../../model/index.ts';
import type { FetchLimits } from '../../ports.ts';
import type { FileCalls, OpenFile } from '../file-calls.ts';
import { fileChunks } from '../file-chunks.ts';
import { bodyGuard } from './body-guard.ts';

/**
 * A regular file below an upstream's directory. Symlinks, pipes, sockets and devices are refused by name before
 * anything is opened; the open itself neither follows a link nor waits for a pipe's other end.
 */
export async function* readDirectoryFile(
  files: FileCalls,
  path: string,
  limits: FetchLimits,
): AsyncGenerator<Uint8Array> {
  const { handle, sizeBytes } = await openRegular(files, path, limits.within);
  try {
    const guard = bodyGuard(path, limits, { promisedBytes: sizeBytes });
    for await (const chunk of fileChunks(handle, sizeBytes)) {
      yield guard.take(chunk);
    }
    guard.end();
  } finally {
    await handle.close();
  }
}

async function openRegular(
  files: FileCalls,
  path: string,
  within: string | undefined,
): Promise<{ readonly handle: OpenFile; readonly sizeBytes: number }> {
  try {
    const kind = kindOf(await files.lstat(path));
    if (kind !== 'regular file') throw notRegular(path, kind);
    if (within !== undefined) await staysWithin(files, path, within);
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = await files.open(path, flags);
    const opened = await handle.stat();
    if (opened.isFile()) return { handle, sizeBytes: opened.size };
    await handle.close();
    throw notRegular(path, kindOf(opened));
  } catch (error) {
    throw error instanceof Fault ? error : unreadable(path, error);
  }
}

/** A folder on the way may be a link; what it leads to must still lie inside the upstream. */
async function staysWithin(files: FileCalls, path: string, within: string): Promise<void> {
  const root = await files.realpath(within);
  const folder = await files.realpath(dirname(path));
  if (folder === root || folder.startsWith(root.endsWith('/') ? root : `${root}/`)) return;
  throw new Fault('TransferRefused', {
    object: path,
    check: 'the file lies inside the directory of its upstream',
    expected: `a folder below ${root}`,
    found: folder,
    fix: 'Replace the symbolic link in the upstream directory by the folder itself.',
  });
}

function kindOf(stat: Stats): string {
  if (stat.isFile()) return 'regular file';
  if (stat.isSymbolicLink()) return 'symbolic link';
  if (stat.isDirectory()) return 'directory';
  if (stat.isFIFO()) return 'named pipe';
  if (stat.isSocket()) return 'socket';
  return 'device';
}

function notRegular(path: string, kind: string): Fault {
  return new Fault('TransferRefused', {
    object: path,
    check: 'the upstream offers a regular file',
    expected: 'regular file',
    found: kind,
    fix: 'Replace it by a copy of the file in the upstream directory.',
  });
}

function unreadable(path: string, error: unknown): Fault {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return new Fault(missing ? 'UpstreamFileMissing' : 'UpstreamUnavailable', {
    object: path,
    check: 'the file of the upstream directory can be read',
    found: missing ? 'no such file' : code,
    fix: missing
      ? 'Check that the upstream directory is complete and mounted.'
      : 'Check the permissions and the device of the upstream directory.',
    cause: error,
  });
}
