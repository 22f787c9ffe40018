import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { realDisk } from '../../src/edge/index.ts';
import { faultOf } from '../support/fault-of.ts';

let root: string;
const disk = realDisk();
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-disk-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));
const text = (path: string) => readFileSync(path, 'utf8');

describe('the real disk', () => {
  test('replaces whole, appends, truncates, reads ranges', async () => {
    const path = join(root, 'a/b/c');
    expect(await disk.read(path)).toBeUndefined();
    await disk.replace(path, 'one');
    await disk.replace(path, 'three');
    await disk.append(path, '+four');
    await disk.truncate(path, 6);
    expect(text(path)).toBe('three+');
    expect(Buffer.from(await disk.readRange(path, 2, 100)).toString()).toBe('ree+');
    expect(await disk.stat(path)).toEqual({ kind: 'file', sizeBytes: 6, links: 1 });
    expect(await disk.list(join(root, 'a'))).toEqual(['b']);
    expect(await disk.list(join(root, 'nothing'))).toEqual([]);
    expect(readdirSync(join(root, 'a/b'))).toEqual(['c']);
    const chunks: Uint8Array[] = [];
    for await (const chunk of disk.chunks(path)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('three+');
  });

  test('staged bytes are invisible until they are kept, and never take a name that exists', async () => {
    const staging = join(root, 'staging');
    const final = join(root, 'cas/file');
    const one = await disk.stage(staging);
    await one.write(Buffer.from('one'));
    expect(await disk.stat(final)).toBeUndefined();
    expect(await one.keep(final)).toBe('kept');
    const two = await disk.stage(staging);
    await two.write(Buffer.from('two'));
    expect(await two.keep(final)).toBe('already');
    const three = await disk.stage(staging);
    await three.discard();
    expect(text(final)).toBe('one');
    expect(readdirSync(staging)).toEqual([]);
  });

  test('links, symlinks, renames and removes', async () => {
    const file = join(root, 'file');
    await disk.replace(file, 'x');
    await disk.link(file, join(root, 'd/hard'));
    expect((await faultOf(() => disk.link(file, join(root, 'd/hard')))).code).toBe('DiskError');
    await disk.symlink('d/hard', join(root, 'soft'));
    expect(await disk.readLink(join(root, 'soft'))).toBe('d/hard');
    expect(await disk.readLink(file)).toBeUndefined();
    expect(await disk.stat(join(root, 'soft'))).toMatchObject({ kind: 'symlink' });
    await disk.rename(join(root, 'd'), join(root, 'e/f'));
    await disk.syncTree(root);
    await disk.remove(join(root, 'e'));
    await disk.remove(join(root, 'e'));
    expect(await disk.list(root)).toEqual(['file', 'soft']);
    expect(await disk.freeBytes(root)).toBeGreaterThan(0);
  });

  test('digests bytes and ranges of files, in a thread where they are large, and says what is damaged', async () => {
    const [small, large] = [join(root, 'small'), join(root, 'large')];
    await disk.replace(small, 'one two three');
    await disk.replace(large, Buffer.alloc(65 << 20, 'large'));
    const sum = (...parts: readonly (Buffer | string)[]) => {
      const hash = createHash('sha256');
      for (const part of parts) hash.update(part);
      return hash.digest('hex');
    };
    const two = { path: small, offset: 4, sizeBytes: 3, crc32: crc32('two') };
    const whole = { path: large, sizeBytes: 65 << 20 };
    const few = [{ bytes: Buffer.from('head') }, two];
    expect(await disk.digest([few, [two]])).toEqual([
      { sha256: sum('head', 'two'), sizeBytes: 7, damaged: [] },
      { sha256: sum('two'), sizeBytes: 3, damaged: [] },
    ]);
    const one = { ...two, offset: 0, crc32: crc32('one') };
    expect(await disk.digest([[one, { ...one, crc32: 1 }, two]])).toMatchObject([{ damaged: [1] }]);
    const [many] = await disk.digest([[...few, whole]]);
    expect(many.sha256).toBe(sum('head', 'two', Buffer.alloc(65 << 20, 'large')));
    for (const wrong of [
      { ...two, crc32: 1 },
      { ...two, offset: 12 },
      { path: small, sizeBytes: 12 },
      { path: join(root, 'none'), sizeBytes: 1 },
      { path: root, sizeBytes: 1 },
    ]) {
      expect((await disk.digest([[wrong]]))[0].damaged).toEqual([0]);
      expect((await disk.digest([[whole, wrong]]))[0].damaged).toEqual([1]);
    }
  });

  test('digests lists side by side that have their pieces in the same files, the longest with a second thread', async () => {
    const paths = Array.from({ length: 8 }, (_, n) => join(root, `both/${n}`));
    const long = paths.map((_, n) => Buffer.alloc((33 << 20) + n, `long ${n}`));
    const short = paths.map((_, n) => Buffer.from(`short ${n}`));
    for (const [n, path] of paths.entries()) {
      await disk.replace(path, Buffer.concat([short[n] ?? '', long[n] ?? ''] as Buffer[]));
    }
    const pieces = (parts: readonly Buffer[], offset: (n: number) => number) => [
      { bytes: Buffer.from('head') },
      ...paths.map((path, n) => {
        const part = parts[n] ?? Buffer.of();
        return { path, offset: offset(n), sizeBytes: part.length, crc32: crc32(part) };
      }),
    ];
    const lists = [pieces(short, () => 0), pieces(long, (n) => short[n]?.length ?? 0)];
    const sum = (parts: readonly Buffer[]) =>
      createHash('sha256').update('head').update(Buffer.concat(parts)).digest('hex');
    expect(await disk.digest(lists)).toMatchObject([
      { sha256: sum(short), damaged: [] },
      { sha256: sum(long), damaged: [] },
    ]);
    const path = paths[3] ?? '';
    await disk.replace(path, readFileSync(path).fill(1, 5 << 20, (5 << 20) + 1));
    await disk.remove(paths[6] ?? '');
    expect((await disk.digest(lists)).map((one) => one.damaged)).toEqual([[7], [4, 7]]);
  });

  test('digests more large files at once than there are threads for, each for itself', async () => {
    const path = join(root, 'shared');
    const [bytes, sizeBytes] = [Buffer.alloc(65 << 20, 'shared'), 65 << 20];
    await disk.replace(path, bytes);
    const heads = Array.from({ length: availableParallelism() + 2 }, (_, n) => `head ${n}`);
    const digested = await Promise.all(
      heads.map((head) => disk.digest([[{ bytes: Buffer.from(head) }, { path, sizeBytes }]])),
    );
    expect(digested.map(([one]) => one.sha256)).toEqual(
      heads.map((head) => createHash('sha256').update(head).update(bytes).digest('hex')),
    );
  });

  test('reads and measures many files in their order, also where some are not there', async () => {
    const paths = Array.from({ length: 1200 }, (_, n) => join(root, `many/${n}`));
    mkdirSync(join(root, 'many/0'), { recursive: true });
    for (const [n, path] of paths.entries()) if (n % 7 !== 0) writeFileSync(path, `${n}`);
    symlinkSync('1', join(root, 'many/7'));
    const texts: (string | undefined)[] = [];
    const readable = paths.slice(8);
    for await (const b of disk.readEach(readable)) texts.push(b && Buffer.from(b).toString());
    expect(texts).toEqual(readable.map((_, n) => ((n + 8) % 7 === 0 ? undefined : `${n + 8}`)));
    const sizes = await disk.sizes([...paths, join(root, 'many/1/below')]);
    expect(sizes).toEqual([
      ...paths.map((_, n) => (n % 7 === 0 ? undefined : `${n}`.length)),
      undefined,
    ]);
  });

  test('writes through no symlink', async () => {
    const outside = join(root, 'outside');
    writeFileSync(outside, 'precious');
    const planted = join(root, 'state/journal.log');
    mkdirSync(join(root, 'state'));
    symlinkSync(outside, planted);
    const fault = await faultOf(() => disk.append(planted, 'line'));
    expect(fault.code).toBe('DiskError');
    expect(fault.fix).toContain('symbolic link');
    expect((await faultOf(() => disk.truncate(planted, 0))).code).toBe('DiskError');
    symlinkSync(outside, join(root, 'state/.file.new'));
    await disk.replace(join(root, 'state/file'), 'new');
    await disk.replace(planted, 'a file of its own');
    expect(text(outside)).toBe('precious');
  });

  test('many staged files get their names at once; one that exists is not taken', async () => {
    const files: { staged: string; path: string }[] = [];
    for (let n = 0; n < 40; n += 1) {
      const staged = await disk.stage(join(root, 'staging'));
      await staged.write(Buffer.from(`new ${n}`));
      await staged.leave();
      files.push({ staged: staged.path, path: join(root, `kept/${n}/file`) });
    }
    await disk.replace(join(root, 'kept/7/file'), 'old');
    mkdirSync(join(root, 'kept/8'));
    const outcomes = await disk.keepAll(files);
    expect(outcomes.flatMap((outcome, n) => (outcome === 'kept' ? [] : [n]))).toEqual([7]);
    expect(text(join(root, 'kept/7/file'))).toBe('old');
    expect(text(join(root, 'kept/8/file'))).toBe('new 8');
    expect(await disk.list(join(root, 'staging'))).toEqual([basename(files[7]?.staged ?? '')]);
  });

  test('links to many files, and to a few; a name that exists stays what it is', async () => {
    await disk.replace(join(root, 'file'), 'linked');
    await disk.replace(join(root, 'links/7/file'), 'own');
    const links = Array.from({ length: 40 }, (_, n) => ({
      existing: join(root, 'file'),
      path: join(root, `links/${n}/file`),
    }));
    await disk.linkAll(links.slice(0, 2));
    await disk.linkAll(links);
    const others = links.flatMap(({ path }, n) => (text(path) === 'linked' ? [] : [n]));
    expect(others).toEqual([7]);
    expect((await disk.stat(join(root, 'file')))?.links).toBe(40);
    const absent = { existing: join(root, 'absent'), path: join(root, 'links/absent') };
    expect((await faultOf(() => disk.linkAll([absent]))).code).toBe('DiskError');
  });

  test('[K06] a full device is DiskFull, with path and bytes', async () => {
    const fault = await faultOf(() => disk.append('/dev/full', 'eight by'));
    expect(fault.code).toBe('DiskFull');
    expect(fault.exit).toBe(6);
    expect(fault.object).toBe('/dev/full');
    expect(fault.message).toContain('8 bytes');
  });

  test('[K05] renaming over a folder is DiskError and leaves both', async () => {
    await disk.replace(join(root, 'a/file'), 'a');
    await disk.replace(join(root, 'b/file'), 'b');
    const fault = await faultOf(() => disk.rename(join(root, 'a'), join(root, 'b')));
    expect(fault.code).toBe('DiskError');
    expect(text(join(root, 'a/file')) + text(join(root, 'b/file'))).toBe('ab');
  });
});

const hasStrace = spawnSync('strace', ['-V']).status === 0;
const script = (act: string) => `
  import { realDisk } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/edge/disk.ts'))};
  const disk = realDisk();
  const root = process.argv[1];
  ${act}
`;

/** Runs operations in a process of their own and lists its changes, in order, with names below the root. */
function traced(act: string): readonly string[] {
  const log = `${root}.trace`;
  const calls = 'trace=write,pwrite64,fsync,syncfs,rename,link,symlink';
  try {
    execFileSync(
      'strace',
      [
        ...['-f', '-y', '-qq', '-o', log, '-e', calls, '-e', 'signal=none'],
        ...[process.execPath, '--input-type=module', '-e', script(act), root],
      ],
      { env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
    );
    return readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes(root) && !line.includes('resumed>'))
      .map((line) => line.replaceAll(root, '').replace(/\/\d+-[0-9a-f-]{36}/, '/staged'))
      .map((line) => `${/(\w+)\(/.exec(line)?.[1]} ${/[<"]([^<>"]*)[>"]/.exec(line)?.[1] || '/'}`);
  } finally {
    rmSync(log, { force: true });
  }
}

describe.skipIf(!hasStrace)('what is on disk when a promise settles', () => {
  test('replace: bytes before the name, the name before the answer', () => {
    expect(traced(`await disk.replace(root + '/file', 'x');`)).toEqual([
      'write /.file.new',
      'fsync /.file.new',
      'rename /.file.new',
      'fsync /',
    ]);
  });

  test('append: the line, and the name of a new file', () => {
    const act = `await disk.append(root + '/file', 'x'); await disk.append(root + '/file', 'y');`;
    expect(traced(act)).toEqual([
      'write /file',
      'fsync /file',
      'fsync /',
      'write /file',
      'fsync /file',
    ]);
  });

  test('rename: both folders', () => {
    writeFileSync(join(root, 'file'), 'x');
    const act = `await disk.rename(root + '/file', root + '/d/file');`;
    mkdirSync(join(root, 'd'));
    expect(traced(act)).toEqual(['rename /file', 'fsync /d', 'fsync /']);
  });

  test('keep: bytes, then the link, then its folder', () => {
    const act = `const s = await disk.stage(root); await s.write(Buffer.from('x')); await s.keep(root + '/d/kept');`;
    expect(traced(act)).toEqual([
      'write /staged',
      'fsync /staged',
      'fsync /',
      'link /staged',
      'fsync /d',
    ]);
  });

  test('flush, then keep: nothing is flushed twice', () => {
    const act = `const s = await disk.stage(root); await s.write(Buffer.from('x')); await s.flush(); await s.keep(root + '/kept');`;
    expect(traced(act)).toEqual(['write /staged', 'fsync /staged', 'link /staged', 'fsync /']);
  });

  const stageSome = (count: number) => `
    const files = [];
    for (let n = 0; n < ${count}; n += 1) {
      const s = await disk.stage(root);
      await s.write(Buffer.from('x'));
      await s.leave();
      files.push({ staged: s.path, path: root + '/d/' + n + '/kept' });
    }
    await disk.keepAll(files);`;

  test('keepAll of a few: the bytes of each, then its name, then its folder', () => {
    mkdirSync(join(root, 'd/0'), { recursive: true });
    expect(traced(stageSome(1))).toEqual([
      'write /staged',
      'fsync /staged',
      'link /staged',
      'fsync /d/0',
    ]);
  });

  test('[K02] keepAll of many: all bytes before the first name, all names before the answer', () => {
    const lines = traced(stageSome(40));
    const runs = lines.filter((line, n) => line !== lines[n - 1]);
    expect(runs).toEqual(['write /staged', 'syncfs /staged', 'rename /staged', 'syncfs /d/0/kept']);
    expect(lines.filter((line) => line.startsWith('rename'))).toHaveLength(40);
  });

  test('linkAll: a few with their folders, many before the answer', () => {
    writeFileSync(join(root, 'file'), 'x');
    const linkSome = (count: number) => `
      const path = (n) => root + '/l/' + n;
      const links = Array.from({ length: ${count} }, (_, n) => ({ existing: root + '/file', path: path(n) }));
      await disk.linkAll(links);`;
    expect(traced(linkSome(1))).toEqual(['fsync /', 'link /file', 'fsync /l']);
    const runs = traced(linkSome(40)).filter((line, n, lines) => line !== lines[n - 1]);
    expect(runs).toEqual(['syncfs /file', 'link /file', 'syncfs /l/0']);
  });

  test('what can be made again is not waited for', () => {
    const act = `await disk.replace(root + '/file', 'x', { durable: false });`;
    expect(traced(act)).toEqual(['write /.file.new', 'rename /.file.new']);
  });

  test('a folder: every new level', () => {
    expect(traced(`await disk.makeDirectory(root + '/a/b/c');`)).toEqual([
      'fsync /a/b',
      'fsync /a',
      'fsync /',
    ]);
  });
});
