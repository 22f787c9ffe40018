import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { localBuildChecks } from '../../src/cli/local-build-checks.ts';
import { buildingSite } from '../support/building-site.ts';

const site = buildingSite();
const empty = mkdtempSync(join(tmpdir(), 'sluice-empty-'));
afterAll(() => {
  site.dispose();
  rmSync(empty, { recursive: true, force: true });
});

test('doctor tries the sandbox and finds the programs of builds', async () => {
  const checks = await localBuildChecks(await site.open());
  expect(checks.map((c) => c.name)).toEqual([
    ...['bwrap', 'setpriv', 'prlimit', 'rpmbuild', 'dnf', 'build sandbox'],
  ]);
  expect(checks.filter((c) => !c.ok)).toEqual([]);
  expect(checks.at(-1)?.found).toMatch(/^works; memory and processes are limited for/);
});

test('where nothing is built here a missing sandbox is told, and is no fault of the machine', async () => {
  const path = process.env.PATH;
  process.env.PATH = empty;
  try {
    const checks = await localBuildChecks(await site.open());
    expect(checks.filter((c) => !c.ok)).toEqual([]);
    expect(checks[0]?.found).toBe('not found; it keeps builds apart from this machine');
    expect(checks.at(-1)?.found).not.toContain('works');
  } finally {
    process.env.PATH = path;
  }
});
