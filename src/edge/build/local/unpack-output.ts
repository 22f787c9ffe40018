import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** What came out of a sandbox. */
export interface Unpacked {
  /** False when the command inside never began. */
  readonly begun: boolean;
  readonly names: readonly string[];
  /** Why the rest was not taken: an entry that is no regular file with a plain name, or too much of it. */
  readonly refused?: string;
}

export interface UnpackLimits {
  readonly directory: string;
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** Written by the first command inside, so that a sandbox that never came up is known from a build that failed. */
export const beginMark = 'sluice-1';

const blockBytes = 512;
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Reads the archive that comes out of a sandbox, the only way out of it, and writes its regular files into an empty
 * folder. Whoever wrote it is not trusted: nothing but plain names of one level, no links, no more than the limits.
 */
export async function unpackOutput(
  source: AsyncIterable<Uint8Array>,
  limits: UnpackLimits,
): Promise<Unpacked> {
  const reader = byteReader(source);
  const mark = await reader.take(beginMark.length);
  if (mark?.toString('latin1') !== beginMark) return { begun: false, names: [] };
  const names: string[] = [];
  let leftBytes = limits.maxBytes;
  let longName: string | undefined;
  for (;;) {
    const block = await reader.take(blockBytes);
    if (block === undefined || block.every((byte) => byte === 0)) return { begun: true, names };
    const entry = readEntry(block, longName);
    longName = undefined;
    const objection = objectionTo(entry, { names, leftBytes, limits });
    if (objection !== undefined) return { begun: true, names, refused: objection };
    if (entry.type === 'L') {
      longName = (await reader.take(entry.sizeBytes))?.toString('utf8').replace(/\0.*$/s, '');
      await reader.skip(padding(entry.sizeBytes));
    } else if (entry.type === '0') {
      const whole = await writeFile(join(limits.directory, entry.name), reader, entry.sizeBytes);
      if (!whole) return { begun: true, names, refused: `${shown(entry.name)} ends too early` };
      await reader.skip(padding(entry.sizeBytes));
      names.push(entry.name);
      leftBytes -= entry.sizeBytes;
    }
  }
}

interface Entry {
  readonly name: string;
  readonly sizeBytes: number;
  /** `0` file, `5` directory, `L` the next entry's long name; everything else is something special. */
  readonly type: string;
}

/** One header block of GNU tar (`ustar` with its extensions; see the manual, "Basic Tar Format"). */
function readEntry(block: Buffer, longName: string | undefined): Entry {
  const text = (from: number, to: number) => block.toString('utf8', from, to).replace(/\0.*$/s, '');
  const type = text(156, 157) || '0';
  // Sizes that do not fit into octal digits are written in base 256.
  const big = ((block[124] ?? 0) & 0x80) !== 0;
  const sizeBytes = big ? Number(block.readBigUInt64BE(128)) : Number.parseInt(text(124, 136), 8);
  return { name: (longName ?? text(0, 100)).replace(/^\.\//, ''), sizeBytes, type };
}

const longestNameBytes = 4096;

function objectionTo(
  entry: Entry,
  so: {
    readonly names: readonly string[];
    readonly leftBytes: number;
    readonly limits: UnpackLimits;
  },
): string | undefined {
  const { name, sizeBytes, type } = entry;
  if (type === '5' && name === '') return undefined;
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return 'the archive is damaged';
  if (type === 'L') return sizeBytes > longestNameBytes ? 'a name is too long' : undefined;
  if (type !== '0') return `${shown(name)} is ${kinds[type] ?? 'something special'}`;
  if (!/^[^/\u0000-\u001f\u007f]+$/.test(name) || name.startsWith('.')) {
    return `${shown(name)} is not a plain name`;
  }
  if (so.names.includes(name)) return `${shown(name)} is there twice`;
  if (so.names.length >= so.limits.maxFiles) return `more than ${so.limits.maxFiles} files`;
  if (sizeBytes > so.leftBytes) {
    return `${shown(name)} with ${sizeBytes} bytes: more than ${so.limits.maxBytes} bytes in all`;
  }
  return undefined;
}

const kinds: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '5': 'a directory',
  '6': 'a named pipe',
};

const shown = (name: string): string => JSON.stringify(name.slice(0, 200));

const padding = (sizeBytes: number): number => (blockBytes - (sizeBytes % blockBytes)) % blockBytes;

async function writeFile(path: string, reader: ByteReader, sizeBytes: number): Promise<boolean> {
  const handle: FileHandle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644);
  try {
    for (let left = sizeBytes; left > 0; ) {
      const part = await reader.some(left);
      if (part === undefined) return false;
      await handle.writeFile(part);
      left -= part.length;
    }
    return true;
  } finally {
    await handle.close();
  }
}

interface ByteReader {
  /** Exactly this many; undefined when fewer are left. */
  take(length: number): Promise<Buffer | undefined>;
  /** Between one and this many; undefined at the end. */
  some(most: number): Promise<Buffer | undefined>;
  skip(length: number): Promise<void>;
}

function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  const some = async (most: number): Promise<Buffer | undefined> => {
    while (rest.length === 0) {
      const next = await chunks.next();
      if (next.done) return undefined;
      rest = Buffer.from(next.value);
    }
    const part = rest.subarray(0, most);
    rest = rest.subarray(part.length);
    return part;
  };
  const take = async (length: number): Promise<Buffer | undefined> => {
    const parts: Buffer[] = [];
    for (let left = length; left > 0; ) {
      const part = await some(left);
      if (part === undefined) return undefined;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  };
  return { take, some, skip: async (length) => void (await take(length)) };
}
