import type { MakeDirectoryOptions, PathLike, RmOptions, Stats } from 'node:fs';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

/** What this room uses of an open file of `node:fs/promises`. */
export interface OpenFile {
  stat(): Promise<Stats>;
  read(
    buffer: Buffer,
    offset: number,
    length: number,
  ): Promise<{ readonly buffer: Buffer; readonly bytesRead: number }>;
  writeFile(data: Uint8Array | string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What the hot paths of this room use of `node:fs/promises`. */
export interface FileCalls {
  open(path: string, flags: number, mode?: number): Promise<OpenFile>;
  lstat(path: string): Promise<Stats>;
  realpath(path: string): Promise<string>;
  mkdir(path: string, options: MakeDirectoryOptions & { recursive: true }): Promise<unknown>;
  rm(path: PathLike, options: RmOptions): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
}

/**
 * The same calls, during which their thread waits. Going through the pool of threads costs ten times what a call on a
 * small file costs; a thread that has nothing else to do loses nothing by waiting.
 */
export const waitingCalls: FileCalls = {
  open: async (path, flags, mode) => waitingFile(openSync(path, flags, mode)),
  lstat: async (path) => lstatSync(path),
  realpath: async (path) => realpathSync.native(path),
  mkdir: async (path, options) => mkdirSync(path, options),
  rm: async (path, options) => rmSync(path, options),
  rename: async (from, to) => renameSync(from, to),
  link: async (existing, path) => linkSync(existing, path),
};

function waitingFile(file: number): OpenFile {
  return {
    stat: async () => fstatSync(file),
    read: async (buffer, offset, length) => ({
      buffer,
      bytesRead: readSync(file, buffer, offset, length, null),
    }),
    writeFile: async (data) => {
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    },
    sync: async () => fsyncSync(file),
    close: async () => closeSync(file),
  };
}
