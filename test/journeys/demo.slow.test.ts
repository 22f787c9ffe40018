import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';

let directory = '';
afterAll(() => rm(directory, { recursive: true, force: true }));

/** The machine's packages after each of its transactions, as the demo prints them. */
function machines(story: string): readonly (readonly string[])[] {
  const told = story.split(/^ {3}machine# dnf (?:install|upgrade|distro-sync).*$/m).slice(1);
  return told.map((text) => {
    const lines = text.split('\n').slice(1);
    const end = lines.findIndex((line) => !/^ {5}\S+-\S+\.(x86_64|noarch)$/.test(line));
    return lines.slice(0, end).map((line) => line.trim());
  });
}

test('./sluice demo tells the whole story and ends well', async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  const program = resolve(import.meta.dirname, '../../sluice');
  const told = await execa(program, ['demo', '--dir', directory], {
    stdin: 'ignore',
    reject: false,
    all: true,
  });
  expect(told.exitCode, told.all).toBe(0);
  const [installed, rebuilt, upgraded, back] = machines(told.stdout);
  expect(installed).toEqual(expect.arrayContaining(['hello-1.0-1.x86_64', 'greeter-1.0-1.noarch']));
  expect(rebuilt).toContain('greeter-1.0-1.site1.noarch');
  expect(upgraded).toContain('hello-1.1-1.x86_64');
  expect(back).toEqual(rebuilt);
  const key = /^ +key +[0-9A-F]{24}([0-9A-F]{16})$/m.exec(told.stdout)?.[1] ?? 'none';
  expect(told.stdout).toMatch(
    new RegExp(`pgpsig.*\\n +RSA/SHA\\d+, .*, Key ID ${key.toLowerCase()}`),
  );
  expect(told.stdout).toContain("echo 'Welcome to example.org'");
  expect(told.stdout).toContain('EXSA-2026:0001 Important/Sec. hello-1.1-1.x86_64');
  expect(told.stdout).toContain('kept out: reverted by');
}, 300_000);
