import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { int16, int32, localised, text, texts, wrapHeader, writeHeader } from './rpm-writer.ts';

export interface SourceFile {
  readonly name: string;
  readonly content: string | Buffer;
  /** `st_mode`; a regular file unless told otherwise. */
  readonly mode?: number;
}

export interface SourceRecipe {
  readonly name?: string;
  readonly version?: string;
  readonly release?: string;
  readonly requires?: readonly string[];
  /** What the payload holds; by default the files of the header. */
  readonly payload?: readonly SourceFile[];
}

/**
 * A source package written byte by byte, so that no tool parses a spec outside of a sandbox to make it, and so that its
 * archive can hold what rpmbuild would never write.
 */
export function writeSourcePackage(
  files: readonly SourceFile[],
  recipe: SourceRecipe = {},
): Buffer {
  const { name = 'sample', version = '1.0', release = '1', requires = [] } = recipe;
  const each = (value: number) => files.map(() => value);
  const header = writeHeader(63, [
    texts(100, ['C']),
    text(1000, name),
    text(1001, version),
    text(1002, release),
    localised(1004, 'A sample'),
    localised(1005, 'A sample for tests.'),
    int32(1006, 1_700_000_000),
    int32(1009, 5),
    text(1014, 'MIT'),
    text(1021, 'linux'),
    text(1022, 'x86_64'),
    int32(1028, ...files.map((f) => Buffer.byteLength(f.content))),
    int16(1030, ...files.map((f) => f.mode ?? regular)),
    int16(1033, ...each(0)),
    int32(1034, ...each(1_700_000_000)),
    texts(
      1035,
      files.map((f) => createHash('sha256').update(f.content).digest('hex')),
    ),
    texts(
      1036,
      files.map(() => ''),
    ),
    int32(1037, ...files.map((f) => (f.name.endsWith('.spec') ? 1 << 5 : 0))),
    texts(
      1039,
      files.map(() => 'root'),
    ),
    texts(
      1040,
      files.map(() => 'root'),
    ),
    int32(1095, ...each(1)),
    int32(1096, ...files.map((_, index) => index + 1)),
    texts(
      1097,
      files.map(() => ''),
    ),
    int32(1106, 1),
    int32(1116, ...each(0)),
    texts(
      1117,
      files.map((f) => f.name),
    ),
    texts(1118, ['']),
    text(1124, 'cpio'),
    text(1125, 'gzip'),
    text(1126, '9'),
    int32(5011, 8),
    ...(requires.length === 0
      ? []
      : [
          int32(1048, ...requires.map(() => 0)),
          texts(1049, requires),
          texts(
            1050,
            requires.map(() => ''),
          ),
        ]),
  ]);
  const payload = gzipSync(writeCpio(recipe.payload ?? files));
  return wrapHeader({ label: `${name}-${version}-${release}`, header, payload }).bytes;
}

const regular = 0o100644;

/** A cpio archive in the "new ASCII" format, with whatever names and types a test wants. */
export function writeCpio(files: readonly SourceFile[]): Buffer {
  const members = files.map(({ name, content, mode = regular }, index) =>
    member({ name, bytes: Buffer.from(content), mode, inode: index + 1 }),
  );
  const trailer = member({ name: 'TRAILER!!!', bytes: Buffer.alloc(0), mode: 0, inode: 0 });
  return Buffer.concat([...members, trailer]);
}

function member(m: { name: string; bytes: Buffer; mode: number; inode: number }): Buffer {
  const name = Buffer.from(`${m.name}\0`);
  const fields = [m.inode, m.mode, 0, 0, 1, 0, m.bytes.length, 0, 0, 0, 0, name.length, 0];
  const hex = fields.map((n) => n.toString(16).padStart(8, '0')).join('');
  return Buffer.concat([
    padded(Buffer.concat([Buffer.from(`070701${hex}`), name])),
    padded(m.bytes),
  ]);
}

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
