import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyGit } from '../../../src/edge/git/index.ts';
import type { PolicyGit } from '../../../src/ports.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';

let world: PolicyWorld;
let port: PolicyGit;
beforeEach(() => {
  world = policyWorld();
  port = world.port();
});
afterEach(() => world.remove());

const accepted = async () => {
  const head = await port.fetch();
  await port.accept(head);
  return head;
};

describe('the generation log', () => {
  const record = (n: number) => ({ path: `records/testing/${n}.json`, text: `{"number":${n}}\n` });

  it('grows by what is new and is read back, also by an installation without state', async () => {
    world.commit('one', { a: '1' });
    await accepted();
    expect(await port.listLog('')).toEqual([]);
    expect(await port.readLog('records/testing/1.json')).toBeUndefined();
    await port.appendLog('testing 1', [record(1)]);
    const changed = { path: 'records/testing/1.json', text: 'changed' };
    await port.appendLog('testing 2', [changed, record(2)]);
    await port.appendLog('testing 2 again', [record(2)]);
    expect(world.git('rev-list', '--count', 'refs/sluice/generations')).toBe('2');
    rmSync(world.state, { recursive: true });
    const restored = world.port();
    await restored.fetch();
    expect(await restored.listLog('records/te')).toEqual([
      'records/testing/1.json',
      'records/testing/2.json',
    ]);
    expect(await restored.readLog('records/testing/1.json')).toBe('{"number":1}\n');
    await restored.appendLog('testing 3', [record(3)]);
    expect(await restored.listLog('records/')).toHaveLength(3);
  });

  it('[K06] a push that is refused for another reason is not taken for a foreign writer', async () => {
    world.commit('one', { a: '1' });
    await accepted();
    await port.appendLog('testing 1', [record(1)]);
    const hook = join(world.repository, '.git/hooks/update');
    mkdirSync(dirname(hook), { recursive: true });
    for (const [words, code, exit] of [
      ['not today', 'PushRejected', 5],
      ['fatal: write error: No space left on device', 'DiskFull', 6],
    ] as const) {
      writeFileSync(hook, `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
      const append = port.appendLog('testing 2', [record(2)]);
      await expect(append).rejects.toMatchObject({ code, exit });
    }
    rmSync(hook);
    await port.appendLog('testing 2', [record(2)]);
    expect(await port.listLog('')).toHaveLength(2);
  });

  it('halts when another installation writes it, until that is taken over', async () => {
    world.commit('one', { a: '1' });
    await accepted();
    await port.appendLog('testing 1', [record(1)]);
    const second = policyGit({ ...world.options, state: join(world.root, 'other') });
    await second.fetch();
    await second.appendLog('testing 2', [record(2)]);
    await port.fetch();
    const append = port.appendLog('testing 3', [record(3)]);
    await expect(append).rejects.toMatchObject({ code: 'ForeignController', exit: 7 });
    expect(await port.listLog('')).toEqual(['records/testing/1.json']);
    await port.appendLog('testing 3', [record(3)], { takeOver: true });
    expect(await port.listLog('')).toHaveLength(3);
    expect(world.git('rev-list', '--count', 'refs/sluice/generations')).toBe('3');
  });

  it('writes the whole log again where the policy repository lost it', async () => {
    world.commit('one', { a: '1' });
    await accepted();
    await port.appendLog('testing 1', [record(1)]);
    world.git('update-ref', '-d', 'refs/sluice/generations');
    await port.fetch();
    await port.appendLog('testing 2', [record(2)]);
    expect(world.git('rev-list', '--count', 'refs/sluice/generations')).toBe('2');
  });

  it('knows its own push after a crash that forgot to note it', async () => {
    world.commit('one', { a: '1' });
    await accepted();
    await port.appendLog('testing 1', [record(1)]);
    const own = world.git('rev-parse', 'refs/sluice/generations');
    await port.appendLog('testing 2', [record(2)]);
    const mirror = join(world.state, 'policy.git');
    world.git(`--git-dir=${mirror}`, 'update-ref', 'refs/sluice/generations', own);
    await port.fetch();
    await port.appendLog('testing 3', [record(3)]);
    expect(await port.listLog('')).toHaveLength(3);
  });
});
