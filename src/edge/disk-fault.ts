import { Fault } from '../model/index.ts';

interface Operation {
  readonly path: string;
  /** What was under way: `writing`, `reading`. */
  readonly doing: string;
  readonly sizeBytes?: number;
}

export function hasErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** What the operating system refused, as a fault that names the file; other errors pass unchanged. */
export function diskFault(error: unknown, { path, doing, sizeBytes }: Operation): unknown {
  if (error instanceof Fault || !(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  const check = `${doing}${sizeBytes === undefined ? '' : ` ${sizeBytes} bytes`}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Fault('DiskFull', {
      object: path,
      check,
      expected: sizeBytes === undefined ? 'room for one more file' : `room for ${sizeBytes} bytes`,
      found: code === 'EDQUOT' ? 'the quota is used up' : 'no space (or no inode) left',
      fix: `Make room on the file system that holds ${path} and run the command again; nothing needs to be cleaned up by hand.`,
      cause: error,
    });
  }
  return new Fault('DiskError', {
    object: path,
    check,
    found: `${code} (${fixes[code] ? error.message : `${error.message}; see the kernel log`})`,
    fix: fixes[code] ?? 'Check the disk and its mount, then run the command again.',
    cause: error,
  });
}

/** The same for an error that says itself which call on which file was refused, wherever it was thrown. */
export function fileSystemFault(error: unknown): unknown {
  if (!(error instanceof Error && 'path' in error && 'syscall' in error)) return error;
  const { path, syscall } = error;
  return typeof path === 'string' ? diskFault(error, { path, doing: String(syscall) }) : error;
}

/** Runs one operation; what the system refuses comes out as a fault. */
export async function guarded<T>(what: Operation, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw diskFault(error, what);
  }
}

const fixes: Readonly<Record<string, string>> = {
  EACCES: 'Give this user the right to write there, or run Sluice as the owner of the folder.',
  EPERM: 'Give this user the right to write there, or run Sluice as the owner of the folder.',
  EROFS: 'Mount the file system for writing, then run the command again.',
  EXDEV: 'Put the whole state directory on one file system; renames between two are not atomic.',
  ELOOP: 'Remove the symbolic link of that name; Sluice never writes through one.',
  EMFILE: 'Raise the limit of open files (ulimit -n) and run the command again.',
  ENFILE: 'Raise the limit of open files (ulimit -n) and run the command again.',
  ENOENT: 'Restore the file from a backup, or mirror again.',
  EEXIST: 'Remove the file of that name if it is not wanted, then run the command again.',
};
