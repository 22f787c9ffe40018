import { beforeAll, describe, expect, test } from 'vitest';
import {
  holdsPackage,
  keepPackage,
  packageHead,
  packagePath,
  stagePackage,
  verifyPackageBytes,
} from '../../src/store/index.ts';
import { faultOf } from '../support/fault-of.ts';
import { type HeldPackage, heldPackages } from '../support/held-packages.ts';
import { memoryDisk } from '../support/memory-disk.ts';

const root = '/state';
let held: HeldPackage;
let long: HeldPackage;

beforeAll(() => {
  const changes = Array.from(
    { length: 2000 },
    (_, n) => `* Mon Jan 05 2026 Somebody <s@example.org> - 1-${n}\n- ${`line ${n} `.repeat(20)}`,
  );
  const [one, two] = heldPackages([
    { name: 'alpha' },
    { name: 'wordy', lines: ['%changelog', ...changes] },
  ]);
  if (!one || !two) throw new Error('rpmbuild made no package');
  [held, long] = [one, two];
});

const world = () => ({ disk: memoryDisk(), root });
async function keep(store: ReturnType<typeof world>, { bytes, entry } = held) {
  const staged = await stagePackage(store);
  await staged.write(bytes);
  return await keepPackage(store, staged, entry);
}

describe('package bytes', () => {
  test('are kept once, under their digest, and then only found', async () => {
    const store = world();
    expect(await holdsPackage(store, held.entry)).toBe(false);
    expect(await keep(store)).toBe('kept');
    const path = packagePath(root, held.entry);
    const hex = held.entry.sha256;
    expect(path).toBe(`/state/packages/sha256/${hex.slice(0, 2)}/${hex}/alpha-1-1.noarch.rpm`);
    const inode = store.disk.nodes.get(path);
    expect(await keep(store)).toBe('already');
    expect(store.disk.nodes.get(path)).toBe(inode);
    expect(await holdsPackage(store, held.entry)).toBe(true);
    await verifyPackageBytes(store, held.entry);
    expect(await store.disk.list(`${root}/staging`)).toEqual([]);
  });

  test('[K23] a name that holds other bytes of the same length is found out and replaced', async () => {
    const store = world();
    const path = packagePath(root, held.entry);
    await store.disk.replace(
      path,
      held.bytes.map((b, i) => (i === 200 ? b ^ 1 : b)),
    );
    const fault = await faultOf(() => verifyPackageBytes(store, held.entry));
    expect(fault.code).toBe('SnapshotDamaged');
    expect(fault.object).toBe('alpha-1-1.noarch');
    expect(await keep(store)).toBe('replaced');
    await verifyPackageBytes(store, held.entry);
    expect(await store.disk.list(`${root}/staging`)).toEqual([]);
  });

  test('[K23] so is a name that holds too few', async () => {
    const store = world();
    await store.disk.replace(packagePath(root, held.entry), held.bytes.subarray(0, 500));
    expect(await holdsPackage(store, held.entry)).toBe(false);
    expect(await keep(store)).toBe('replaced');
    expect(await store.disk.read(packagePath(root, held.entry))).toEqual(Buffer.from(held.bytes));
  });

  test('the head is read as far as it goes, however long', async () => {
    const store = world();
    await keep(store);
    await keep(store, long);
    expect((await packageHead(store, held.entry)).length).toBeLessThanOrEqual(64 * 1024);
    const head = await packageHead(store, long.entry);
    expect(head.length).toBeGreaterThan(200 * 1024);
    expect(Buffer.from(long.bytes.subarray(0, head.length)).equals(head)).toBe(true);
  });

  test('a head that ends too early is damage, not a loop', async () => {
    const store = world();
    await store.disk.replace(packagePath(root, long.entry), long.bytes.subarray(0, 100_000));
    expect((await faultOf(() => packageHead(store, long.entry))).code).toBe('SnapshotDamaged');
  });
});
