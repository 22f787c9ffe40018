import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localForge } from '../../../src/edge/forge/local/index.ts';
import { type PolicyGitOptions, policyGit } from '../../../src/edge/git/index.ts';
import { commit } from '../../../src/executor/index.ts';
import type { CommitId, FileEdit, Sha256 } from '../../../src/model/index.ts';
import { type PolicyWorld, policyWorld } from '../../support/policy-repository.ts';
import { question } from '../forge/conformance.ts';

const realGit = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();

let world: PolicyWorld;
let head: CommitId;
beforeEach(async () => {
  world = policyWorld();
  world.commit('start', { 'sluice.yaml': 'kind: Site\n' });
  const port = world.port();
  head = await port.fetch();
  await port.accept(head);
});
afterEach(() => world.remove());

/** The nth git of our own does its work, and is killed before it can say so; the ones after it never start. */
function dyingAt(n: number): PolicyGitOptions {
  const folder = join(world.root, 'shims');
  mkdirSync(folder, { recursive: true });
  const script = [
    '#!/bin/sh',
    `count=$(($(cat ${folder}/count) + 1)); echo $count > ${folder}/count`,
    `[ $count -gt ${n} ] && exit 137`,
    `[ $count -eq ${n} ] && { PATH=/usr/bin:/bin ${realGit} "$@"; kill -9 $$; }`,
    `PATH=/usr/bin:/bin exec ${realGit} "$@"`,
  ];
  writeFileSync(join(folder, 'count'), '0\n');
  writeFileSync(join(folder, 'git'), `${script.join('\n')}\n`, { mode: 0o755 });
  return { ...world.options, path: `${folder}:/usr/bin:/bin` };
}

/** Repeats the work with a git that dies at the first, second, … command until it dies no more; heals each time. */
async function everywhere(work: (options: PolicyGitOptions, n: number) => Promise<unknown>) {
  for (let n = 1; n < 60; n++) {
    const died = await work(dyingAt(n), n).then(
      () => false,
      () => true,
    );
    await work(world.options, n);
    if (!died) return n;
  }
  throw new Error('it dies for ever');
}

describe('a process that is killed after any of its git commands', () => {
  it('has one proposal with its number and branch after the next run', async () => {
    const put = (options: PolicyGitOptions, n: number) =>
      localForge(options).put({
        ...question({ identity: `errata/testing/${n}` }),
        body: 'b',
        base: head,
        changes: [{ path: `promotions/testing/${n}.yaml`, text: `${n}\n` }],
      });
    const rounds = await everywhere(put);
    expect(rounds).toBeGreaterThan(4);
    const list = await localForge(world.options).list();
    expect(list.map((p) => [p.number, p.identity, p.state, p.edited])).toEqual(
      list.map((_, i) => [i + 1, `errata/testing/${i + 1}`, 'open', false]),
    );
    expect(list).toHaveLength(rounds);
    expect(world.git('branch', '--list', 'sluice/*').split('\n')).toHaveLength(rounds);
  });

  it('has appended each generation once, and takes nobody for a stranger', async () => {
    const append = async (options: PolicyGitOptions, n: number) => {
      const port = policyGit(options);
      await port.fetch();
      await port.appendLog(`generation ${n}`, [{ path: `records/x/${n}.json`, text: `${n}` }]);
    };
    const rounds = await everywhere(append);
    expect(rounds).toBe(4);
    const port = world.port();
    expect(await port.listLog('records/')).toHaveLength(rounds);
    expect(world.git('rev-list', '--count', 'refs/sluice/generations')).toBe(`${rounds}`);
  });

  it('has committed each decision once', async () => {
    const decide = async (options: PolicyGitOptions, n: number) => {
      const path = `promotions/testing/${n}.yaml`;
      const edits: FileEdit[] = [{ kind: 'create', path, document: { update: `U:${n}` } }];
      const id = 'a'.repeat(64) as Sha256;
      const step = { subject: `decision ${n}`, edits, why: { text: 'auto' }, id };
      // A pass begins with a fetch; what is killed here is what the step itself does.
      const now = await world.port().fetch(head);
      const outcome = await commit({ policyGit: policyGit(options) }, step, now);
      expect(outcome.kind).not.toBe('waiting');
    };
    const rounds = await everywhere(decide);
    expect(rounds).toBe(5);
    const subjects = world.git('log', '--format=%s', '--reverse', `${head}..main`).split('\n');
    expect(subjects).toEqual(subjects.map((_, i) => `decision ${i + 1}`));
    expect(subjects).toHaveLength(rounds);
    expect(world.git('status', '--porcelain')).toBe('');
  });
});
