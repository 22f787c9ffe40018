import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { GenerationRecord } from '../../src/model/index.ts';
import {
  addressContent,
  addressPath,
  keepPackage,
  linkPrivately,
  packageLocation,
  packagePath,
  privatePlaces,
  publicPath,
  stagePackage,
  withoutPrivateName,
} from '../../src/store/index.ts';
import {
  contentOf,
  type HeldPackage,
  heldPackages,
  hold,
  recordOf,
} from '../support/held-packages.ts';
import { type MemoryDisk, memoryDisk } from '../support/memory-disk.ts';

const root = '/state';
let alpha: HeldPackage;
let beta: HeldPackage;
let disk: MemoryDisk;

beforeAll(() => {
  const [one, two] = heldPackages([{ name: 'alpha' }, { name: 'beta' }]);
  if (!one || !two) throw new Error('rpmbuild made no package');
  [alpha, beta] = [one, two];
});
beforeEach(async () => {
  disk = memoryDisk();
  await hold({ disk, root }, [alpha, beta]);
});

const privateName = ({ entry }: HeldPackage) =>
  `${root}/private/production/${packageLocation(entry)}`;

test('only the packages of a private channel have names there, and they are the same files', async () => {
  await linkPrivately({ disk, root }, 'production', [alpha.entry]);
  await linkPrivately({ disk, root }, 'production', [alpha.entry]);
  expect(disk.nodes.get(privateName(alpha))).toBe(disk.nodes.get(packagePath(root, alpha.entry)));
  expect(await disk.stat(privateName(beta))).toBeUndefined();
  const both = [alpha.entry, beta.entry];
  expect(await withoutPrivateName({ disk, root }, 'production', both)).toEqual([beta.entry]);
});

test('bytes that take the place of damaged ones are what private names lead to', async () => {
  const store = { disk, root };
  const damaged = alpha.bytes.map((b, i) => (i === 200 ? b ^ 1 : b));
  await disk.replace(packagePath(root, alpha.entry), damaged);
  await linkPrivately(store, 'production', [alpha.entry]);
  const staged = await stagePackage(store);
  await staged.write(alpha.bytes);
  expect(await keepPackage(store, staged, alpha.entry)).toBe('replaced');
  expect(await disk.read(privateName(alpha))).toEqual(Buffer.from(alpha.bytes));
  expect(await disk.list(`${root}/private/production`)).toHaveLength(1);
});

test('the private names of a package can be told for every channel', async () => {
  await linkPrivately({ disk, root }, 'production', [alpha.entry]);
  await linkPrivately({ disk, root }, 'lab', [beta.entry]);
  const hex = alpha.entry.sha256;
  expect(await privatePlaces({ disk, root }, hex)).toEqual([
    `${root}/private/lab/${hex.slice(0, 2)}/${hex}`,
    `${root}/private/production/${hex.slice(0, 2)}/${hex}`,
  ]);
});

test('a private generation gives its content no address', async () => {
  const content = contentOf([alpha]);
  const record: GenerationRecord = recordOf(content, 1);
  const at = publicPath(root, addressPath(content.id));
  await addressContent({ disk, root }, { ...record, private: true });
  expect(await disk.stat(at)).toBeUndefined();
  await addressContent({ disk, root }, record);
  expect(await disk.stat(at)).toMatchObject({ kind: 'symlink' });
});
