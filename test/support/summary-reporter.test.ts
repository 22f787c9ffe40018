import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const reporter = resolve(import.meta.dirname, 'summary-reporter.ts');
const vitest = resolve(import.meta.dirname, '../../node_modules/.bin/vitest');

test('counts passed, failed and skipped tests, and a file that does not load as failed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-summary-'));
  try {
    const text = [
      "test('good', () => {});",
      "test('bad', () => { throw new Error('on purpose'); });",
      "test.skip('left out', () => {});",
    ];
    await writeFile(join(directory, 'three.test.ts'), text.join('\n'));
    await writeFile(join(directory, 'broken.test.ts'), "throw new Error('on purpose');");
    const summary = join(directory, 'summary');
    const args = ['run', '--globals', '--root', directory, '--reporter', reporter];
    const run = await execa(vitest, args, {
      env: { SLUICE_TEST_SUMMARY: summary },
      stdin: 'ignore',
      reject: false,
    });
    expect(run.exitCode).toBe(1);
    expect(await readFile(summary, 'utf8')).toBe('1 2 1\n');
  } finally {
    await rm(directory, { recursive: true });
  }
});
