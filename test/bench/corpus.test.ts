import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { debPackage } from '../../bench/corpus/deb-file.ts';
import { corpusPackage } from '../../bench/corpus/package-file.ts';
import { isBroken } from '../../bench/corpus/package-relations.ts';
import { writeCorpus } from '../../bench/corpus/write-corpus.ts';
import { digestOf } from '../../src/model/index.ts';
import { packageScanner } from '../../src/rpm/index.ts';

const directory = await mkdtemp(join(tmpdir(), 'sluice-corpus-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

test('the corpus is the same on every machine, and a revision is a newer package of the same name', () => {
  const [first, again] = [corpusPackage(7, 1), corpusPackage(7, 1)];
  expect(again.bytes.equals(first.bytes)).toBe(true);
  expect(digestOf(first.bytes)).toMatchInlineSnapshot(
    `"50a4218a2c4d2ff7f6be159bbf040b0d5acf089d81b254affabf953a7373a867"`,
  );
  const second = corpusPackage(7, 2);
  expect(second.identity.name).toBe(first.identity.name);
  expect(second.fileName).not.toBe(first.fileName);
  expect(second.identity.buildTime).toBeGreaterThan(first.identity.buildTime);
});

test('rpm finds every digest of the packages right', async () => {
  await writeCorpus(directory, 40);
  const { stdout } = await execa('rpm', ['-Kv', '--nosignature', ...(await packages())]);
  expect(stdout.match(/digest: OK/g)?.length).toBe(40 * 4);
  expect(stdout).not.toMatch(/BAD|NOTFOUND/);
});

test('our own reader agrees, and one package in 500 requires what nobody has', () => {
  const scanner = packageScanner();
  const { bytes, identity } = corpusPackage(499, 1);
  scanner.push(bytes);
  const { detail } = scanner.finish();
  expect(detail.name).toBe(identity.name);
  expect(detail.requires.map((r) => r.name)).toContain(`missing-${identity.stem}`);
  expect(Array.from({ length: 1000 }, (_, n) => n).filter(isBroken)).toEqual([499, 999]);
});

test('dpkg reads the packages that aptly gets', async () => {
  const { fileName, bytes } = debPackage(7, 2);
  const path = join(directory, fileName);
  await writeFile(path, bytes);
  const { stdout } = await execa('dpkg-deb', ['--field', path, 'Package', 'Version']);
  expect(stdout).toBe('Package: bench-000007\nVersion: 2');
  expect((await execa('dpkg-deb', ['--contents', path])).stdout).toBe('');
});

async function packages(): Promise<readonly string[]> {
  const { stdout } = await execa('find', [directory, '-name', '*.rpm']);
  return stdout.split('\n');
}
