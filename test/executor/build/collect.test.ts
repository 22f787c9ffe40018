import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realDisk } from '../../../src/edge/disk.ts';
import { type CollectJob, collect } from '../../../src/executor/build/collect.ts';
import type { BuildInputs } from '../../../src/model/index.ts';
import { packagePath } from '../../../src/store/index.ts';
import { buildWorld, plainRecipe } from '../../support/build-world.ts';
import { faultOf } from '../../support/fault-of.ts';

const world = buildWorld();
const top = fs.mkdtempSync(join(tmpdir(), 'sluice-collect-'));
const packages = { directory: '' };
const binary = 'sample-1.0-1.noarch.rpm';
beforeAll(async () => {
  const share = '%{buildroot}/usr/share';
  const spec = `%install\nmkdir -p ${share}\nhead -c 3M /dev/urandom >${share}/sample\n%files\n/usr/share/sample\n`;
  packages.directory = join((await world.build({ spec })).directory, 'output');
});
afterAll(() => {
  world.dispose();
  fs.rmSync(top, { recursive: true, force: true });
});

const inputs: BuildInputs = {
  source: { nevra: 'sample-1.0-1.src', sha256: 'a'.repeat(64) as never, upstream: 'vendor' },
  arch: 'x86_64',
  builder: 'mock',
  root: { kind: 'host' },
  recipe: plainRecipe,
  sourceDateEpoch: 1,
};
const none = new Set<string>();
const allowance = {
  vendorNames: none,
  sameSource: [],
  vendorCapabilities: none,
  protectedNames: none,
  offered: none,
};

let rooms = 0;
/** A store, and an output folder in which the packages of a real build lie. */
function room() {
  rooms += 1;
  const store = { disk: realDisk(), root: join(top, `state-${rooms}`) };
  const directory = join(top, `output-${rooms}`);
  fs.mkdirSync(directory);
  for (const name of fs.readdirSync(packages.directory)) {
    fs.copyFileSync(join(packages.directory, name), join(directory, name));
  }
  const job: CollectJob = { inputs, allowance, directory, maxBytes: 1 << 30 };
  return { store, directory, job };
}

const digestOf = (path: string) => createHash('sha256').update(fs.readFileSync(path)).digest('hex');

describe('an output folder, whoever wrote it', () => {
  test('its packages are copied, not taken over', async () => {
    const { store, directory, job } = room();
    const entries = await collect(store, job);
    expect(entries.map((e) => e.arch).toSorted()).toEqual(['noarch', 'src']);
    for (const entry of entries) {
      const path = packagePath(store.root, entry);
      expect(digestOf(path)).toBe(entry.sha256);
      expect(fs.statSync(path).mode & 0o777).toBe(0o444);
      expect(fs.statSync(path).nlink).toBe(1);
    }
    expect(fs.readdirSync(directory)).toHaveLength(2);
  });

  const secret = join(top, 'secret');
  fs.writeFileSync(secret, 'secret');
  const socket = createServer();
  afterAll(() => socket.close());
  const listen = (path: string) =>
    new Promise<void>((resolve) => {
      socket.listen(path, resolve);
    });

  test.each<[string, (at: string) => unknown, string]>([
    ['a symbolic link to a secret', (at) => fs.symlinkSync(secret, at), 'x.rpm is a symlink'],
    ['a link that leads nowhere', (at) => fs.symlinkSync('/nowhere', at), 'symlink'],
    ['a named pipe', (at) => execFileSync('mkfifo', [at]), 'no regular file'],
    ['a hard link to a secret', (at) => fs.linkSync(secret, at), 'has other names'],
    ['a directory', (at) => fs.mkdirSync(at), 'x.rpm is a directory'],
    ['a socket', listen, 'no regular file'],
    ['a name of two lines', (at) => fs.writeFileSync(`${at}\nb.rpm`, ''), 'plain file names'],
    [
      '100 GB of nothing',
      (at) => {
        fs.writeFileSync(at, '');
        fs.truncateSync(at, 100 * 1024 ** 3);
      },
      'x.rpm has 107374182400',
    ],
    ['something that is no package', (at) => fs.writeFileSync(at, '<html>'), 'x.rpm'],
    ['half a package', (at) => fs.truncateSync(join(at, '..', binary), 50_000), 'whole packages'],
  ])('[I08] %s is refused by name, and nothing is kept', async (_, spoil, found) => {
    const { store, directory, job } = room();
    await spoil(join(directory, 'x.rpm'));
    const fault = await faultOf(() => collect(store, job));
    expect(fault.code).toBe('BuildOutputRefused');
    expect(`${fault.check} ${fault.found}`).toContain(found);
    expect(fs.existsSync(join(store.root, 'packages'))).toBe(false);
    const staging = join(store.root, 'staging');
    expect(fs.existsSync(staging) ? fs.readdirSync(staging) : []).toEqual([]);
  });

  test('[I08] 50,000 files are too many', async () => {
    const { store, directory, job } = room();
    execFileSync('sh', ['-c', 'cd "$0" && seq 50000 | xargs touch', directory]);
    expect((await faultOf(() => collect(store, job))).check).toContain('at most 4096 files');
  });

  test('reports about itself that a build writes are left where they are', async () => {
    const { store, directory, job } = room();
    fs.writeFileSync(join(directory, 'provenance.json'), '{}');
    expect(await collect(store, job)).toHaveLength(2);
  });

  test('[I11] what changes it while it is taken changes nothing that is kept', async () => {
    const { store, directory, job } = room();
    const path = join(directory, binary);
    const good = fs.readFileSync(path);
    const evil = Buffer.from(good).fill(0x78, good.length - 1000);
    const race = { over: false, changes: 0 };
    const racing = (async () => {
      while (!race.over) {
        race.changes += 1;
        const bytes = race.changes % 2 === 0 ? good : evil;
        if (race.changes % 3 === 0) {
          fs.writeFileSync(`${path}.new`, bytes);
          fs.renameSync(`${path}.new`, path);
        } else fs.writeFileSync(path, bytes);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let attempt = 0; attempt < 15; attempt++) {
      await collect(store, job).catch((error) => expect(error.code).toBe('BuildOutputRefused'));
    }
    race.over = true;
    await racing;
    fs.writeFileSync(path, good);
    const entries = await collect(store, job);
    fs.writeFileSync(path, evil);
    for (const entry of entries) {
      expect(digestOf(packagePath(store.root, entry))).toBe(entry.sha256);
    }
    const stored = execFileSync('find', [join(store.root, 'packages'), '-type', 'f']).toString();
    for (const kept of stored.trim().split('\n')) expect(kept).toContain(digestOf(kept));
    expect(race.changes).toBeGreaterThan(10);
  });
});
