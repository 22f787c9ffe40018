import { execFileSync } from 'node:child_process';
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { decompressor } from '../../src/edge/decompress.ts';
import { digestOf, type PackageDependencies, sha256Of } from '../../src/model/index.ts';
import type { Compression } from '../../src/ports.ts';
import {
  checkedBytes,
  type FilelistsRecord,
  type OtherRecord,
  type PrimaryRecord,
  type RepomdRecord,
  readFilelists,
  readOther,
  readPrimary,
  readRepomd,
  repomdXml,
} from '../../src/rpm/index.ts';

export interface ReadRepository {
  readonly primary: readonly PrimaryRecord[];
  readonly filelists: readonly FilelistsRecord[];
  readonly other: readonly OtherRecord[];
}

/** Reads a repository on disk as a mirror would, checking every promise of its repomd.xml. */
export async function readRepository(directory: string): Promise<ReadRepository> {
  const { records } = readRepomd(readFileSync(join(directory, 'repodata/repomd.xml')));
  const open = (type: string) => {
    const record = records.find((r) => r.type === type);
    if (!record) throw new Error(`${directory} has no ${type}`);
    return openMetadata(directory, record);
  };
  return {
    primary: await collected(readPrimary(open('primary'))),
    filelists: await collected(readFilelists(open('filelists'))),
    other: await collected(readOther(open('other'))),
  };
}

/** One metadata file, decompressed and compared with its record. */
export function openMetadata(directory: string, record: RepomdRecord): AsyncIterable<Uint8Array> {
  const { type, href, checksum, sizeBytes, openChecksum, openSizeBytes } = record;
  const stored = checkedBytes(createReadStream(join(directory, href)), {
    what: type,
    layer: 'stored',
    checksum,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  });
  const opened = decompressor().open(compressionOf(href), stored, { maxBytes: 1 << 30 });
  return checkedBytes(opened, {
    what: type,
    layer: 'open',
    ...(openChecksum === undefined ? {} : { checksum: openChecksum }),
    ...(openSizeBytes === undefined ? {} : { sizeBytes: openSizeBytes }),
  });
}

export function compressionOf(path: string): Compression {
  const ending = /\.(gz|bz2|xz|zst)$/.exec(path)?.[1];
  return ending === 'gz' || ending === 'bz2' || ending === 'xz' || ending === 'zst'
    ? ending
    : 'none';
}

/** What the closure check needs, from metadata alone. */
export function dependenciesOf(repository: ReadRepository): readonly PackageDependencies[] {
  const files = new Map(repository.filelists.map((r) => [r.pkgid, r.files.map((f) => f.path)]));
  return repository.primary.map((record) => ({
    sha256: sha256Of(record.checksum.hex.slice(0, 64)),
    nevra: record.nevra,
    requires: record.requires,
    provides: record.provides,
    files: files.get(record.checksum.hex) ?? [],
  }));
}

/** Metadata files in several gzip members each, as the store publishes them, with their repomd.xml. */
export function writeMetadata(
  directory: string,
  files: Readonly<Record<string, readonly string[]>>,
  revision = 1_760_000_000,
): void {
  mkdirSync(join(directory, 'repodata'), { recursive: true });
  const records = Object.entries(files).map(([type, members]) => {
    const bytes = Buffer.concat(members.map((member) => gzipSync(member)));
    const href = `repodata/${digestOf(bytes)}-${type}.${type === 'modules' ? 'yaml' : 'xml'}.gz`;
    writeFileSync(join(directory, href), bytes);
    const open = members.join('');
    return {
      type,
      href,
      checksum: { type: 'sha256', hex: digestOf(bytes) } as const,
      openChecksum: { type: 'sha256', hex: digestOf(open) } as const,
      sizeBytes: bytes.length,
      openSizeBytes: Buffer.byteLength(open),
    };
  });
  writeFileSync(join(directory, 'repodata/repomd.xml'), repomdXml({ revision, records }));
}

/** Runs a real dnf over repositories on disk, offline and in a home of its own. Gives stdout. */
export function dnfOver(
  repositories: Readonly<Record<string, string>>,
  args: readonly string[],
): string {
  const home = mkdtempSync(join(tmpdir(), 'sluice-dnf-'));
  try {
    const config = join(home, 'dnf.conf');
    writeFileSync(config, '[main]\n');
    mkdirSync(join(home, 'log'));
    const settings = Object.entries({
      reposdir: join(home, 'none'),
      installroot: join(home, 'root'),
      cachedir: join(home, 'cache'),
      logdir: join(home, 'log'),
      persistdir: join(home, 'state'),
      releasever: '1',
      best: 'False',
      gpgcheck: 'False',
    });
    const options = [
      `--config=${config}`,
      '--quiet',
      '--disableplugin=local',
      '--forcearch=x86_64',
      ...settings.map(([key, value]) => `--setopt=${key}=${value}`),
      ...Object.entries(repositories).map(([id, path]) => `--repofrompath=${id},file://${path}`),
    ];
    return execFileSync('dnf', [...options, ...args], {
      env: { PATH: process.env.PATH, HOME: home, LC_ALL: 'C.UTF-8' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function collected<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const values: T[] = [];
  for await (const value of source) values.push(value);
  return values;
}
