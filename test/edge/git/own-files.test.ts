import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder, removeAll, renameTo, writeText } from '../../../src/edge/git/own-files.ts';
import { fileSystemFault } from '../../../src/edge/index.ts';
import { Fault } from '../../../src/model/index.ts';
import { faultOf } from '../../support/fault-of.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-own-'));
  writeFileSync(join(root, 'file'), 'text');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test('[K07] what the system refuses beside git is a fault that names the file', async () => {
  const below = join(root, 'file/below');
  const full = join(root, 'full');
  await makeFolder(join(full, 'inner'));
  for (const refused of [
    () => makeFolder(below),
    () => writeText(below, 'text'),
    () => writeText('/dev/full', 'text'),
    () => renameTo(join(root, 'file'), full),
  ]) {
    expect((await faultOf(refused)).exit).toBe(6);
  }
  expect(await faultOf(() => writeText('/dev/full', 'text'))).toMatchObject({
    code: 'DiskFull',
    object: '/dev/full',
  });
});

test('files come and go with their folders', async () => {
  await writeText(join(root, 'a/b'), 'text');
  expect(await readFile(join(root, 'a/b'), 'utf8')).toBe('text');
  await removeAll(join(root, 'a'));
  await removeAll(join(root, 'a'));
  expect(statSync(join(root, 'a'), { throwIfNoEntry: false })).toBeUndefined();
});

test('[K07] an error that nobody turned into a fault becomes one where it names its file', async () => {
  const missing = await readFile(join(root, 'absent')).catch((error: unknown) => error);
  expect(fileSystemFault(missing)).toMatchObject({ code: 'DiskError', exit: 6 });
  const plain = new Error('a mistake of the program');
  expect(fileSystemFault(plain)).toBe(plain);
  expect(fileSystemFault(missing)).toBeInstanceOf(Fault);
});
