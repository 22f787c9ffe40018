import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { packagePath } from '../../../src/store/index.ts';
import { type BadServer, type Behaviour, badServer } from '../../support/bad-server.ts';
import { faultOf } from '../../support/fault-of.ts';
import { isWhole, type MirrorWorld, mirrorWorld, serving } from '../../support/mirror-world.ts';
import { treeLines } from '../../support/tree-digest.ts';

let world: MirrorWorld;
let a: string;
let b: string;
let server: BadServer;
/** The directory that is served, and what is answered instead of its files. */
let served: string;
let instead: (path: string, nth: number) => Behaviour | undefined;

beforeAll(() => {
  world = mirrorWorld();
  [a = '', b = ''] = world.packages([{ name: 'a' }, { name: 'b' }]);
});
afterAll(() => world.dispose());
beforeEach(async () => {
  served = world.repository('http', { packages: [a], revision: 1000 });
  instead = () => undefined;
  server = await badServer(
    serving(
      () => served,
      (path, nth) => instead(path, nth),
    ),
  );
});
afterEach(() => server.close());

const rpms = () => server.requests.filter((line) => line.endsWith('.rpm'));
const isPrimary = (path: string) => /primary/.test(path);
const isB = (path: string) => /\/b-1-1/.test(path);
const bytesOf = (name: string) => readFileSync(join(served, 'Packages', `${name}-1-1.noarch.rpm`));
const next = () => world.repository('http', { packages: [a, b], revision: 1001 });

describe('over http', () => {
  it('a second sync of an unchanged upstream transfers only repomd.xml', async () => {
    const first = await world.sync({ url: server.url });
    server.requests.length = 0;
    const second = await world.sync({ url: server.url, after: first });
    expect(second.unchanged).toBe(true);
    expect(server.requests).toEqual(['GET /repodata/repomd.xml']);
  });

  it('file names with signs that mean something in addresses arrive', async () => {
    const [odd = ''] = world.packages([{ name: 'g++', version: '1~rc^1' }]);
    served = world.repository('signs', { packages: [odd] });
    const { snapshot } = await world.sync({ url: server.url });
    expect(snapshot.packages.map((p) => p.name)).toEqual(['g++']);
  });
});

describe('a disk with little room', () => {
  const reserveBytes = 64 << 20;
  const room = (bytes: number) => vi.spyOn(world.store.disk, 'freeBytes').mockResolvedValue(bytes);
  afterEach(() => void vi.restoreAllMocks());

  it('[K08] is told before anything is fetched, and so much stays free for journal and rollback', async () => {
    const first = await world.sync({ url: server.url });
    const [roomy = ''] = world.packages([{ name: 'roomy' }]);
    world.repository('http', { packages: [a, roomy], revision: 1001 });
    const needed = reserveBytes + bytesOf('roomy').length;
    server.requests.length = 0;
    room(needed - 1);
    const fault = await world.refused({ url: server.url, after: first });
    expect(fault).toMatchObject({ code: 'DiskFull', exit: 6 });
    expect(fault.message).toContain(`${needed} bytes`);
    expect(rpms()).toEqual([]);
    room(needed);
    await isWhole(world.store, await world.sync({ url: server.url, after: first }));
  });
});

describe('bodies that break off', () => {
  it.each(['trunc-rst', 'trunc-clean'] as const)(
    '[B01] [B02] %s once: begun again, and the digest is right',
    async (kind) => {
      const name = kind === 'trunc-rst' ? 'reset' : 'clean';
      const packages = world.packages([{ name }]);
      served = world.repository('once', { packages });
      const isIt = (path: string) => path.includes(`/${name}-`);
      instead = (path, nth) =>
        isIt(path) && nth === 1 ? { kind, body: bytesOf(name) } : undefined;
      await isWhole(world.store, await world.sync({ url: server.url }));
      expect(rpms()).toHaveLength(2);
    },
  );

  it('[B01] [B02] for ever: refused after a few tries, nothing visible', async () => {
    const first = await world.sync({ url: server.url });
    next();
    for (const kind of ['trunc-rst', 'trunc-clean'] as const) {
      server.requests.length = 0;
      instead = (path) => (isB(path) ? { kind, body: bytesOf('b') } : undefined);
      const fault = await world.refused({ url: server.url, after: first });
      expect(fault.code).toBe('UpstreamUnavailable');
      expect(rpms().length).toBeGreaterThan(1);
      expect(rpms().length).toBeLessThanOrEqual(6);
    }
  });

  it('[B15] an interrupted sync gives no snapshot and goes on where it was', async () => {
    const packages = world.packages(Array.from({ length: 12 }, (_, i) => ({ name: `p${i}` })));
    served = world.repository('many', { packages });
    const fails = (path: string) => /\/p(2|5|7|9|11)-/.test(path);
    instead = (path) => (fails(path) ? { kind: 'status', status: 403 } : undefined);
    const fault = await faultOf(() => world.sync({ url: server.url }));
    expect(fault).toMatchObject({ code: 'UpstreamUnavailable', found: 'HTTP 403 Whatever' });
    expect(await world.store.disk.list(join(world.state, 'staging'))).toEqual([]);
    const held = new Set((await treeLines(world.state)).flatMap((l) => /p\d+-1-1/.exec(l) ?? []));
    instead = () => undefined;
    server.requests.length = 0;
    const mirrored = await world.sync({ url: server.url });
    expect(mirrored.snapshot.packages).toHaveLength(12);
    expect(rpms()).toHaveLength(12 - held.size);
    await isWhole(world.store, mirrored);
  });

  it('[K23] bytes of an earlier sync that were damaged on the disk are fetched again', async () => {
    const [name = ''] = world.packages([{ name: 'rot' }]);
    served = world.repository('rot', { packages: [name] });
    const first = await world.sync({ url: server.url });
    const [entry] = first.snapshot.packages;
    if (entry === undefined) throw new Error('no package');
    const path = packagePath(world.state, entry);
    const bytes = readFileSync(path);
    chmodSync(path, 0o644);
    writeFileSync(path, Buffer.from(bytes).fill(0, 200, 300));
    // Without the earlier snapshot everything that is held is judged again.
    await isWhole(world.store, await world.sync({ url: server.url }));
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });
});

describe('answers that are too much, too slow or something else', () => {
  const files = [
    ['repomd.xml', (path: string) => path.endsWith('repomd.xml')],
    ['primary', isPrimary],
    ['a package', isB],
  ] as const;

  it.each(files)('[A07] %s without an end is cut', async (_title, is) => {
    const first = await world.sync({ url: server.url });
    next();
    instead = (path) => (is(path) ? { kind: 'endless' } : undefined);
    const fault = await world.refused({ url: server.url, after: first });
    expect(fault).toMatchObject({ code: 'TransferTooLarge', check: 'no more data than promised' });
  });

  it.each([
    [...files[0], 'drip'],
    [...files[1], 'stall'],
    [...files[2], 'drip'],
    [...files[2], 'stall'],
  ] as const)('[A08] [B11] $0 misses a deadline: $2', async (_title, is, slow) => {
    const first = await world.sync({ url: server.url });
    next();
    instead = (path) => {
      if (!is(path)) return undefined;
      const body = readFileSync(join(served, path));
      return slow === 'drip'
        ? { kind: slow, everyMs: 100, body }
        : { kind: slow, body: body.subarray(0, 50) };
    };
    const fault = await world.refused({ url: server.url, after: first });
    expect(fault.code).toBe('UpstreamUnavailable');
    expect(fault.check).toMatch(/fast enough/);
  });

  it.each([...files, ['the signature', (path: string) => path.endsWith('.asc')]] as const)(
    '[B04] a login page instead of %s is named',
    async (_title, is) => {
      const first = await world.sync({ url: server.url });
      next();
      const body = '<html><head><title>Please log in</title></head></html>';
      const headers = ['Content-Type: text/html; charset=utf-8'];
      instead = (path) => (is(path) ? { kind: 'file', body, headers } : undefined);
      const fault = await world.refused({ url: server.url, after: first });
      expect(fault.check).toBe('the answer is the file, not a web page');
      expect(fault.found).toContain('text/html; charset=utf-8: <html><head><title>Please');
    },
  );

  it('[B04] something else that is no repomd document is named too', async () => {
    const require = { metadataSignature: false, packageSignatures: true };
    const first = await world.sync({ url: server.url, upstream: { require } });
    instead = () => ({ kind: 'file', body: 'Service is being moved.' });
    const fault = await world.refused({ url: server.url, after: first, upstream: { require } });
    expect(fault.code).toBe('MetadataInvalid');
    expect(fault.object).toContain('repomd.xml of vendor');
  });
});

describe('an upstream that changes meanwhile', () => {
  it('[A06] new repomd.xml with old files is refused, never mixed', async () => {
    const first = await world.sync({ url: server.url });
    const old = readFileSync(join(served, primaryOf(served)));
    next();
    instead = (path) => (isPrimary(path) ? { kind: 'file', body: old } : undefined);
    server.requests.length = 0;
    const fault = await world.refused({ url: server.url, after: first });
    expect(fault.code).toBe('ChecksumMismatch');
    const repomds = server.requests.filter((line) => line.endsWith('repomd.xml'));
    expect(repomds).toHaveLength(2);
  });

  it('[A06] a file that repomd.xml names and the server lacks', async () => {
    const first = await world.sync({ url: server.url });
    next();
    instead = (path) => (isPrimary(path) ? { kind: 'status', status: 404 } : undefined);
    const fault = await world.refused({ url: server.url, after: first });
    expect(fault.code).toBe('UpstreamFileMissing');
  });

  it('[B09] a new generation in the middle is begun again and is never a mix', async () => {
    const first = await world.sync({ url: server.url });
    next();
    const before = join(world.root, 'before');
    cpSync(served, before, { recursive: true });
    const [c = ''] = world.packages([{ name: 'c' }]);
    const after = world.repository('after', { packages: [a, c], revision: 1002 });
    served = before;
    // The old generation vanishes as soon as its metadata has been read.
    instead = (path) => {
      if (!isB(path)) return undefined;
      served = after;
      return { kind: 'status', status: 404 };
    };
    const second = await world.sync({ url: server.url, after: first });
    expect(second.snapshot.packages.map((p) => p.name)).toEqual(['a', 'c']);
    expect(second.taken.floor.revision).toBe(1002);
    await isWhole(world.store, second);
  });

  it('[B09] one that never holds still is given up after three rounds', async () => {
    const first = await world.sync({ url: server.url });
    const generations = await Promise.all(
      [1001, 1002, 1003, 1004].map(async (revision) => {
        const directory = world.repository(`g${revision}`, { packages: [a, b], revision });
        return {
          repomd: await readFile(join(directory, 'repodata/repomd.xml')),
          asc: await readFile(join(directory, 'repodata/repomd.xml.asc')),
        };
      }),
    );
    let current = -1;
    instead = (path) => {
      if (path.endsWith('repomd.xml')) current = Math.min(current + 1, generations.length - 1);
      const generation = generations[current];
      if (generation === undefined) return undefined;
      if (path.endsWith('repomd.xml')) return { kind: 'file', body: generation.repomd };
      if (path.endsWith('.asc')) return { kind: 'file', body: generation.asc };
      return { kind: 'status', status: 404 };
    };
    const fault = await world.refused({ url: server.url, after: first });
    expect(fault).toMatchObject({ code: 'UpstreamChanged', exit: 5 });
    expect(fault.found).toContain('3 times');
  });
});

function primaryOf(directory: string): string {
  const text = readFileSync(join(directory, 'repodata/repomd.xml'), 'utf8');
  return /href="([^"]*primary[^"]*)"/.exec(text)?.[1] ?? '';
}
