import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Disk, FileKind } from '../ports.ts';
import { pieceDigester } from './digest-pieces.ts';
import { makeDirectory, sync, syncDirectory } from './directory.ts';
import { diskFault, guarded, hasErrno } from './disk-fault.ts';
import type { FileCalls, OpenFile } from './file-calls.ts';
import { fileChunks } from './file-chunks.ts';
import { keepAll, linkAll } from './keep-all.ts';
import { readEach, sizes } from './many-files.ts';
import { openUntrusted } from './open-untrusted.ts';
import { stageFile } from './staged-file.ts';

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/**
 * The file system below the state directory. Missing folders are made on the way. A failed fsync is final: it is
 * reported and never tried again on that file, because the kernel forgets what it could not write. `files`: how the
 * calls are made that a sync makes for every package.
 */
export function realDisk(files: FileCalls = fs): Disk {
  return {
    read,
    readRange,
    chunks: (path) => chunks(files, path),
    readEach,
    digest: pieceDigester(),
    sizes,
    openUntrusted,
    list,
    stat,
    readLink,
    replace: (path, bytes, options) => replace(files, path, { bytes, ...options }),
    append,
    truncate,
    stage: (directory) => stageFile(files, directory, `${process.pid}-${randomUUID()}`),
    keepAll,
    linkAll,
    makeDirectory,
    link,
    symlink,
    rename,
    syncTree,
    remove,
    freeBytes,
  };
}

async function read(path: string): Promise<Uint8Array | undefined> {
  try {
    return await fs.readFile(path);
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw diskFault(error, { path, doing: 'reading' });
  }
}

async function readRange(path: string, offset: number, length: number): Promise<Uint8Array> {
  return await guarded({ path, doing: 'reading' }, async () => {
    const handle = await fs.open(path, O_RDONLY);
    try {
      const buffer = new Uint8Array(length);
      let filled = 0;
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    } finally {
      await handle.close();
    }
  });
}

async function* chunks(files: FileCalls, path: string): AsyncIterable<Uint8Array> {
  try {
    const handle = await files.open(path, O_RDONLY);
    try {
      yield* fileChunks(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskFault(error, { path, doing: 'reading' });
  }
}

async function list(path: string): Promise<readonly string[]> {
  try {
    return (await fs.readdir(path)).toSorted();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw diskFault(error, { path, doing: 'listing' });
  }
}

async function stat(path: string) {
  try {
    const found = await fs.lstat(path);
    return { kind: kindOf(found), sizeBytes: found.size, links: found.nlink };
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw diskFault(error, { path, doing: 'looking at' });
  }
}

function kindOf(found: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): FileKind {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  return found.isSymbolicLink() ? 'symlink' : 'other';
}

async function readLink(path: string): Promise<string | undefined> {
  try {
    return await fs.readlink(path);
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'EINVAL')) return undefined;
    throw diskFault(error, { path, doing: 'reading the link' });
  }
}

async function replace(
  files: FileCalls,
  path: string,
  content: {
    readonly bytes: Uint8Array | string;
    readonly mode?: number;
    readonly durable?: boolean;
  },
): Promise<void> {
  const { bytes, mode = 0o644, durable = true } = content;
  const temporary = join(dirname(path), `.${basename(path)}.new`);
  if (durable) await makeDirectory(dirname(path));
  await guarded({ path, doing: 'writing', sizeBytes: Buffer.byteLength(bytes) }, async () => {
    try {
      const handle = await openNew(files, temporary, mode);
      try {
        await handle.writeFile(bytes);
        if (durable) await handle.sync();
      } finally {
        await handle.close();
      }
      await files.rename(temporary, path);
    } catch (error) {
      await files.rm(temporary, { force: true });
      throw error;
    }
    if (durable) await syncDirectory(dirname(path));
  });
}

/** What an earlier, killed run left under this name is not ours to continue. */
async function openNew(files: FileCalls, path: string, mode: number): Promise<OpenFile> {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  try {
    return await files.open(path, flags, mode);
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) await files.rm(path, { force: true });
    else if (hasErrno(error, 'ENOENT')) await files.mkdir(dirname(path), { recursive: true });
    else throw error;
    return await files.open(path, flags, mode);
  }
}

async function append(path: string, bytes: Uint8Array | string): Promise<void> {
  await makeDirectory(dirname(path));
  const isNew = (await stat(path)) === undefined;
  await guarded({ path, doing: 'appending', sizeBytes: Buffer.byteLength(bytes) }, async () => {
    const handle = await fs.open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (isNew) await syncDirectory(dirname(path));
  });
}

async function truncate(path: string, sizeBytes: number): Promise<void> {
  await guarded({ path, doing: 'truncating' }, async () => {
    const handle = await fs.open(path, O_WRONLY | O_NOFOLLOW);
    try {
      await handle.truncate(sizeBytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

async function link(existing: string, path: string): Promise<void> {
  await makeDirectory(dirname(path));
  await guarded({ path, doing: 'linking' }, async () => {
    await fs.link(existing, path);
    await syncDirectory(dirname(path));
  });
}

async function symlink(target: string, path: string): Promise<void> {
  await makeDirectory(dirname(path));
  await guarded({ path, doing: 'making the symlink' }, async () => {
    await fs.symlink(target, path);
    await syncDirectory(dirname(path));
  });
}

async function rename(from: string, to: string): Promise<void> {
  await makeDirectory(dirname(to));
  await guarded({ path: to, doing: 'renaming' }, async () => {
    await fs.rename(from, to);
    await syncDirectory(dirname(to));
    if (dirname(from) !== dirname(to)) await syncDirectory(dirname(from));
  });
}

async function syncTree(path: string): Promise<void> {
  await guarded({ path, doing: 'syncing' }, async () => {
    for (const entry of await fs.readdir(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) await syncTree(inner);
      else if (entry.isFile()) await sync(inner, O_RDONLY | O_NOFOLLOW);
    }
    await syncDirectory(path);
  });
}

async function remove(path: string): Promise<void> {
  if ((await stat(path)) === undefined) return;
  await guarded({ path, doing: 'removing' }, async () => {
    await fs.rm(path, { recursive: true, force: true });
    await syncDirectory(dirname(path));
  });
}

async function freeBytes(path: string): Promise<number> {
  return await guarded({ path, doing: 'asking for free space' }, async () => {
    const { bavail, bsize } = await fs.statfs(path);
    return bavail * bsize;
  });
}
