import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { treeDigest, treeLines } from './tree-digest.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-tree-'));
  await mkdir(join(directory, 'a/b'), { recursive: true });
  await writeFile(join(directory, 'a/b/file'), 'one');
  await symlink('a', join(directory, 'current'));
});
afterEach(() => rm(directory, { recursive: true }));

test('bytes, names and link targets change the digest, rewriting the same bytes does not', async () => {
  const before = await treeDigest(directory);
  await writeFile(join(directory, 'a/b/file'), 'one');
  expect(await treeDigest(directory)).toBe(before);
  await writeFile(join(directory, 'a/b/file'), 'two');
  expect(await treeDigest(directory)).not.toBe(before);
});

test('following reads what a link leads to', async () => {
  expect(await treeLines(directory)).toContain('current link a\n');
  const seen = await treeLines(directory, '', true);
  expect(seen.map((line) => line.split(' ')[0])).toContain('current/b/file');
});
