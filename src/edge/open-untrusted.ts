import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { OpenedFile } from '../ports.ts';
import { diskFault, hasErrno } from './disk-fault.ts';
import { fileChunks } from './file-chunks.ts';

const { O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** A file that somebody else made: no link is followed, no pipe is waited for, and the open file says what it is. */
export async function openUntrusted(path: string): Promise<OpenedFile | undefined> {
  let handle: fs.FileHandle;
  try {
    handle = await fs.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (hasErrno(error, 'ELOOP')) return special('symlink');
    // Sockets, and devices that are not there.
    if (hasErrno(error, 'ENXIO', 'ENODEV')) return special('other');
    throw diskFault(error, { path, doing: 'opening' });
  }
  const found = await handle.stat();
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
  return {
    kind,
    sizeBytes: found.size,
    links: found.nlink,
    chunks: () => fileChunks(handle),
    close: () => handle.close(),
  };
}

function special(kind: 'symlink' | 'other'): OpenedFile {
  return {
    kind,
    sizeBytes: 0,
    links: 1,
    chunks: () => {
      throw new Error(`a ${kind} is not read`);
    },
    close: async () => undefined,
  };
}
