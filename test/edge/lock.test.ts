import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockState } from '../../src/edge/index.ts';
import { faultOf } from '../support/fault-of.ts';

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  path = join(root, 'lock.sqlite');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Another process that holds the lock until it is killed. */
async function holder(): Promise<ChildProcess> {
  const lock = JSON.stringify(resolve(import.meta.dirname, '../../src/edge/lock.ts'));
  const script = `import { lockState } from ${lock}; lockState(process.argv[1]); console.log('held'); setInterval(() => 0, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path]);
  await once(child.stdout, 'data');
  return child;
}

describe('the lock of a state directory', () => {
  test('[K13] a second controller is refused with the pid and host of the first', async () => {
    const child = await holder();
    try {
      const fault = await faultOf(async () => lockState(path));
      expect(fault.code).toBe('Locked');
      expect(fault.exit).toBe(7);
      expect(fault.found).toBe(`process ${child.pid} on ${hostname()}`);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  test('[K13] kill -9 frees it at once', async () => {
    const child = await holder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockState(path).release();
  });

  test('is free after its release, which may be said twice', async () => {
    const lock = lockState(path);
    expect((await faultOf(async () => lockState(path))).found).toContain(`process ${process.pid}`);
    lock.release();
    lock.release();
    lockState(path).release();
  });

  test('a lock file that is none is explained', async () => {
    writeFileSync(
      path,
      'not a database, not a database, not a database, not a database. '.repeat(20),
    );
    const fault = await faultOf(async () => lockState(path));
    expect(fault.code).toBe('DiskError');
    expect(fault.fix).toContain('remove it');
  });
});
