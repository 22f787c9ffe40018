import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor, type Vendor } from '../../src/cli/demo/vendor.ts';
import type { Trace } from '../../src/controller/index.ts';
import { type Site, site } from '../support/site.ts';
import { treeDigest } from '../support/tree-digest.ts';

interface Proposals {
  readonly proposals: readonly { readonly number: number; readonly identity: string }[];
}
interface Garbage {
  readonly removable: readonly { readonly kind: string; readonly name: string }[];
  readonly kept: readonly {
    readonly kind: string;
    readonly name: string;
    readonly keptBy: string;
  }[];
}
interface Collected extends Garbage {
  readonly removed: { readonly counts: Record<string, number>; readonly freedBytes: number };
}
interface Traces {
  readonly packages: readonly Trace[];
}

const cases = '[K17]';
const week = 7 * 86_400;
const advisory = 'EXSA-2026-0001';
const promotion = `promotions/production/${advisory}.yaml`;
let here: Site;
let vendor: Vendor;
let asked: number;

async function merge(identity: string): Promise<number> {
  const { proposals } = await here.ask<Proposals>(['pr', 'list']);
  const number = proposals.find((each) => each.identity === identity)?.number ?? 0;
  await here.ask(['pr', 'merge', String(number)]);
  await here.ask(['reconcile'], [0, 1]);
  return number;
}

/** Promoted, taken back by a revert, and testing rolled back to its first generation. */
beforeAll(async () => {
  here = await site();
  vendor = await buildVendor(join(here.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await here.ask(['init', here.policy, ...upstream]);
  await here.ask(['reconcile'], [0, 1]);
  await merge('bootstrap/production');
  vendor = await buildVendor(join(here.directory, 'vendor'), 2);
  await here.ask(['reconcile', '--sync'], [0, 1]);
  here.wait(week + 3600);
  await here.ask(['reconcile'], [0, 1]);
  asked = await merge(`promotion/production/${advisory}`);
  await here.git('revert', '--no-edit', '-m', '1', 'HEAD');
  await here.ask(['reconcile'], [0, 1]);
  await here.ask(['rollback', 'testing', '--to', '1']);
  await here.ask(['reconcile'], [0, 1]);
}, 120_000);
afterAll(() => here.remove());

const traced = async (...args: readonly string[]): Promise<Trace> => {
  const { packages } = await here.ask<Traces>(['trace', ...args]);
  const [only, ...more] = packages;
  if (!only || more.length > 0) throw new Error(`${packages.length} packages`);
  return only;
};

test('a package is followed back to the commits, the pull request, the key and the upstream', async () => {
  const found = await traced('hello-1.1');
  expect(found.nevra).toBe('hello-1.1-1.x86_64');
  const [production, testing] = found.channels.toSorted((a, b) => (a.channel < b.channel ? -1 : 1));
  expect(production).toMatchObject({ channel: 'production', serves: false, generations: [2] });
  expect(testing).toMatchObject({ channel: 'testing', serves: false, generations: [2] });

  const about = found.decisions.map((d) => [d.kind, d.change, d.channel]);
  expect(about).toContainEqual(['update', 'added', undefined]);
  expect(about).toContainEqual(['promotion', 'added', 'testing']);
  expect(about).toContainEqual(['promotion', 'deleted', 'production']);
  expect(about).toContainEqual(['hold', 'added', 'production']);
  const merged = found.decisions.find((d) => d.path === promotion && d.change === 'added');
  expect(merged?.proposal).toMatchObject({ number: asked, state: 'merged' });
  expect(merged?.commit).toBe(await here.git('log', '--format=%H', '-1', '--merges'));

  expect(found.signature).toMatchObject({ state: 'counts', signedBy: vendor.fingerprint });
  expect(found.signature.keyFile).toMatch(/^keys\/.*\.asc$/);
  expect(found.snapshots).toHaveLength(1);
  expect(found.snapshots[0]).toMatchObject({
    upstream: 'vendor',
    metadataSignedBy: vendor.fingerprint,
    excused: [],
  });
  expect(found.snapshots[0]?.url).toContain(vendor.url);
});

test('a digest and an address say the same as the name; a channel narrows it', async () => {
  const found = await traced('hello-1.1-1.x86_64');
  expect(await traced(found.sha256)).toEqual(found);
  const address = `https://rpm.example.org/testing/x86_64/Packages/${found.file}`;
  expect(await traced(address)).toEqual(found);
  const narrow = await traced('hello-1.1', '--channel', 'testing');
  expect(narrow.channels.map((c) => c.channel)).toEqual(['testing']);
  expect(narrow.decisions.map((d) => d.path)).not.toContain(promotion);
  const text = await here.sluice('trace', 'hello-1.1');
  expect(text.stdout).toContain(`proposal ${asked} (merged)`);
});

test('a base package is followed to the pin that let it in', async () => {
  const found = await traced('tiny-tool-1.0');
  const pins = found.decisions.filter((d) => d.kind === 'base').map((d) => d.path);
  expect(pins).toContain('channels/production.yaml');
  expect(found.channels.every((c) => c.serves)).toBe(true);
});

test('what is not there, and what several packages are called, is refused by name', async () => {
  expect(await here.sluice('trace', 'absent')).toMatchObject({ code: 2 });
  const several = await here.sluice('trace', 'hello');
  expect(several).toMatchObject({ code: 2 });
  expect(several.stderr).toContain('hello-1.0-1.x86_64, hello-1.1-1.x86_64');
});

const explained = () => here.ask<Garbage>(['gc', '--dry-run', '--explain', '--newest', '1']);
const namesOf = (items: Garbage['removable'], kind: string) =>
  items.filter((i) => i.kind === kind).map((i) => i.name);

test('while everything is recent, no generation, snapshot or package could go', async () => {
  const kinds = (await explained()).removable.map((i) => i.kind);
  expect(kinds.filter((kind) => !['block', 'trial'].includes(kind))).toEqual([]);
});

test('later only what nothing names could go; the dry run says why and changes nothing', async () => {
  const { sha256 } = await traced('hello-1.1');
  for (const { number } of (await here.ask<Proposals>(['pr', 'list'])).proposals) {
    await here.ask(['pr', 'close', String(number)]);
  }
  here.wait(60 * 86_400);
  const before = await treeDigest(join(here.state, 'public'));
  const { removable, kept } = await explained();
  expect(namesOf(removable, 'generation').toSorted()).toEqual(['production/2', 'testing/2']);
  expect(kept).toContainEqual(
    expect.objectContaining({ name: 'production/3', keptBy: 'a channel serves it' }),
  );
  // The update's file is still in the policy: the bytes must be there when it is promoted again.
  expect(kept.find((i) => i.name === sha256)?.keptBy).toMatch(/^(updates|holds)\//);
  expect(namesOf(removable, 'package')).toEqual([]);
  expect(await treeDigest(join(here.state, 'public'))).toEqual(before);
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
});

test('gc removes just that; the rest is served, verified and published on; again it finds nothing', async () => {
  const { removable } = await explained();
  const { removed } = await here.ask<Collected>(['gc', '--newest', '1']);
  const { address, generation } = removed.counts;
  expect({ address, generation }).toEqual({ address: 2, generation: 2 });
  expect(Object.values(removed.counts).reduce((a, b) => a + b, 0)).toBe(removable.length);
  expect(removed.freedBytes).toBeGreaterThan(0);
  expect((await explained()).removable).toEqual([]);
  expect((await here.sluice('gc', '--newest', '1')).stdout).toContain('Nothing to remove.');
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
  expect((await here.sluice('snapshot', 'list')).code).toBe(0);
  expect((await here.sluice('status')).code).toBeLessThan(2);
});

test(`${cases} a removed generation is served again while its bytes are here, and refused with a list after`, async () => {
  await here.ask(['rollback', 'testing', '--to', '2']);
  await here.ask(['reconcile'], [0, 1]);
  expect((await traced('hello-1.1')).channels[0]).toMatchObject({ serves: true });
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });

  const { sha256 } = await traced('hello-1.1');
  const [kept, folder] = [
    join(here.directory, 'kept'),
    join('packages/sha256', sha256.slice(0, 2)),
  ];
  await rename(join(here.state, folder, sha256), kept);
  const refused = await here.sluice('rollback', 'production', '--to', '2');
  expect(refused.stderr).toContain('SnapshotMissing');
  expect(refused.stderr).toContain('one of generation 1, 3');
  await rename(kept, join(here.state, folder, sha256));
});
