import type { MakeDirectoryOptions, RmOptions } from 'node:fs';
import type * as Promises from 'node:fs/promises';
import { dirname } from 'node:path';

type Fs = typeof Promises;

/** A call that changes the file system, or puts a change on disk, as the program made it. */
export type DiskCall =
  | { readonly op: 'create' | 'mkdir' | 'remove'; readonly path: string }
  | { readonly op: 'sync'; readonly path: string; readonly of: 'file' | 'folder' }
  | { readonly op: 'write'; readonly path: string; readonly bytes: Buffer }
  | { readonly op: 'truncate'; readonly path: string; readonly sizeBytes: number }
  | { readonly op: 'link' | 'rename'; readonly path: string; readonly to: string }
  | { readonly op: 'symlink'; readonly path: string; readonly target: string };

/**
 * `node:fs/promises` that notes every changing call once it has succeeded. Only the calls of `src/edge` are known:
 * writes go to the end of a file, through a handle that was opened under the file's name.
 */
export function recordedFs(actual: Fs, calls: DiskCall[]): Fs {
  const exists = (path: string): Promise<boolean> =>
    actual.lstat(path).then(
      () => true,
      () => false,
    );
  const after = async <T>(done: Promise<T>, call: DiskCall): Promise<T> => {
    const result = await done;
    calls.push(call);
    return result;
  };
  const open = async (path: string, flags?: number, mode?: number) => {
    const isNew = !(await exists(path));
    const handle = await actual.open(path, flags, mode);
    const of = (await handle.stat()).isDirectory() ? 'folder' : 'file';
    if (isNew) calls.push({ op: 'create', path });
    return Object.assign(handle, {
      writeFile: noted(handle.writeFile.bind(handle), (data: string | Uint8Array) => {
        calls.push({ op: 'write', path, bytes: Buffer.from(data) });
      }),
      sync: noted(handle.sync.bind(handle), () => calls.push({ op: 'sync', path, of })),
      truncate: noted(handle.truncate.bind(handle), (sizeBytes: number) => {
        calls.push({ op: 'truncate', path, sizeBytes });
      }),
    });
  };
  const mkdir = async (path: string, options?: MakeDirectoryOptions) => {
    const first = await actual.mkdir(path, { ...options, recursive: true });
    if (first === undefined) return undefined;
    const levels = [path];
    while (levels[0] !== undefined && levels[0].length > first.length) {
      levels.unshift(dirname(levels[0]));
    }
    for (const level of levels) calls.push({ op: 'mkdir', path: level });
    return first;
  };
  const rm = async (path: string, options?: RmOptions) => {
    const existed = await exists(path);
    await actual.rm(path, options);
    if (existed) calls.push({ op: 'remove', path });
  };
  return {
    ...actual,
    open,
    mkdir,
    rm,
    rename: (path: string, to: string) =>
      after(actual.rename(path, to), { op: 'rename', path, to }),
    link: (path: string, to: string) => after(actual.link(path, to), { op: 'link', path, to }),
    symlink: (target: string, path: string) =>
      after(actual.symlink(target, path), { op: 'symlink', path, target }),
  } as Fs;
}

function noted<A extends unknown[], T>(
  act: (...args: A) => Promise<T>,
  note: (...args: A) => unknown,
): (...args: A) => Promise<T> {
  return async (...args) => {
    const result = await act(...args);
    note(...args);
    return result;
  };
}
