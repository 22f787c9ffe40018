import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { threads } from '../../src/edge/threads.ts';
import { faultOf } from '../support/fault-of.ts';
import { thisModule } from '../support/thread-work.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-threads-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const files = Array.from({ length: 150 }, (_, n) => `file-${n}`);

async function run(orders: readonly string[]): Promise<readonly string[]> {
  for (const name of files) writeFileSync(join(directory, name), name.toUpperCase());
  const heard: string[] = [];
  const told = (news: string) => heard.push(news);
  await threads().run({ module: thisModule, setup: { directory }, orders, told });
  return heard;
}

describe('threads', () => {
  test('do every order once and tell all of its news, with a disk and upstreams of their own', async () => {
    const heard = await run(files);
    expect(heard.toSorted()).toEqual(files.map((f) => `${f}: ${f.toUpperCase()}`).toSorted());
    expect(readdirSync(directory).filter((name) => name.endsWith('.seen'))).toHaveLength(150);
  });

  test('stop all with the first order that fails; its fault is thrown as it was', async () => {
    const fault = await faultOf(() => run([...files.slice(0, 3), 'fault', ...files.slice(3)]));
    expect(fault).toMatchObject({ code: 'PackageInvalid', object: 'order', found: 'a fault' });
    expect(readdirSync(directory).length).toBeLessThan(300);
  });

  test('a bug comes out as the error that it is', async () => {
    await expect(run(['bug'])).rejects.toThrow(/^a bug$/);
  });

  test('[D12] one that dies ends the run with an error, and nothing else', async () => {
    await expect(run(['death', 'file-1'])).rejects.toThrow(/a thread ended with 3/);
  });

  test('what is told and refused by the hearer ends the run', async () => {
    writeFileSync(join(directory, 'file-1'), 'x');
    const told = () => {
      throw new Error('not this');
    };
    const task = { module: thisModule, setup: { directory }, orders: ['file-1'], told };
    await expect(threads().run(task)).rejects.toThrow('not this');
  });
});
