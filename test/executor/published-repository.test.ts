import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { realDisk } from '../../src/edge/index.ts';
import { type Advisory, canonicalDigest } from '../../src/model/index.ts';
import { contentOf, type HeldPackage, heldPackages, hold } from '../support/held-packages.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';
import { publishedTree, startPublisher } from '../support/publishing-world.ts';

const disk = realDisk();
let root: string;
let held: readonly HeldPackage[];

const advisory: Advisory = {
  id: 'EX-2026:7',
  from: 'security@example.org',
  type: 'security',
  status: 'final',
  version: '1',
  title: 'beta is mended',
  issued: '2026-01-02 03:04:05',
  updated: '',
  rights: '',
  release: '',
  pushcount: '',
  severity: 'Important',
  summary: '',
  description: 'text',
  solution: '',
  rebootSuggested: false,
  references: [],
  collections: [
    {
      short: 'ex',
      name: 'Example',
      packages: ['beta', 'absent'].map((name) => ({
        ...{ name, epoch: 0, version: '2', release: '1', arch: 'noarch' },
        filename: `${name}-2-1.noarch.rpm`,
        src: '',
        ...{ rebootSuggested: false, restartSuggested: false, reloginSuggested: false },
      })),
    },
  ],
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sluice-dnf-'));
  held = heldPackages([
    { name: 'alpha', lines: ['Requires: beta >= 2'] },
    { name: 'beta', version: '2' },
    ...Array.from({ length: 30 }, (_, n) => ({ name: `many${n}` })),
  ]);
  await hold({ disk, root }, held);
  const publisher = await startPublisher(disk, root, await openpgpSigner());
  const advisories = [{ sha256: canonicalDigest(advisory), advisory }];
  await publisher.publish(contentOf(held, { advisories }));
});
afterAll(() => {
  for (const at of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    // dnf leaves an agent for every folder of keys it looked at.
    if (at.endsWith('pubring'))
      spawnSync('gpgconf', ['--homedir', join(root, at), '--kill', 'all']);
  }
  rmSync(root, { recursive: true, force: true });
});

const has = (tool: string) => spawnSync(tool, ['--version']).status === 0;

describe.skipIf(!has('dnf'))('a published repository and a real dnf', () => {
  const dnf = (...args: readonly string[]): string => {
    const tree = join(root, publishedTree);
    const options = ['gpgcheck=1', 'repo_gpgcheck=1', `gpgkey=file://${tree}/../RPM-GPG-KEY-site`];
    return execFileSync(
      'dnf',
      [
        ...[
          '-q',
          '-y',
          '--disableplugin=*',
          `--setopt=cachedir=${root}/cache`,
          `--installroot=${root}/machine`,
        ],
        ...['--setopt=reposdir=/dev/null', '--releasever=9', `--repofrompath=it,file://${tree}`],
        ...options.flatMap((o) => [`--setopt=it.${o}`]),
        ...['--repo=it', ...args],
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
  };

  test('it lists every package, over many members, with repo_gpgcheck on', () => {
    const names = dnf('repoquery', '--qf', '%{name}').trim().split('\n');
    expect(names.toSorted()).toEqual(held.map((p) => p.entry.name).toSorted());
    expect(dnf('repoquery', '--requires', 'alpha')).toContain('beta >= 2');
    expect(dnf('repoquery', '--list', 'beta')).toContain('/usr/share/beta/data');
  });

  test('it knows the advisory, with the packages of the tree only', () => {
    expect(dnf('repoquery', '--advisory=EX-2026:7').trim()).toBe('beta-0:2-1.noarch');
    const tree = join(root, publishedTree, 'repodata');
    const name = readdirSync(tree).find((n) => n.endsWith('updateinfo.xml.gz')) ?? '';
    const xml = execFileSync('zcat', [join(tree, name)], { encoding: 'utf8' });
    expect(xml).toContain('beta-2-1.noarch.rpm');
    expect(xml).not.toContain('absent');
  });
});

test('two installations make the same metadata, byte for byte, whatever their keys', async () => {
  const other = mkdtempSync(join(tmpdir(), 'sluice-twin-'));
  try {
    await hold({ disk, root: other }, held);
    const publisher = await startPublisher(disk, other, await openpgpSigner());
    const advisories = [{ sha256: canonicalDigest(advisory), advisory }];
    await publisher.publish(contentOf(held, { advisories }));
    const repomd = (at: string) =>
      readFileSync(join(at, publishedTree, 'repodata/repomd.xml'), 'utf8');
    expect(repomd(other)).toBe(repomd(root));
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
});
