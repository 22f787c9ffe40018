import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localForge } from '../../src/edge/forge/local/index.ts';
import { close, commit, propose } from '../../src/executor/index.ts';
import type { CommitId, FileEdit, Sha256 } from '../../src/model/index.ts';
import type { Forge, PolicyGit } from '../../src/ports.ts';
import { request } from '../edge/forge/conformance.ts';
import { type PolicyWorld, policyWorld } from '../support/policy-repository.ts';

let world: PolicyWorld;
let ports: { readonly policyGit: PolicyGit; readonly forge: Forge };
let head: CommitId;
beforeEach(async () => {
  world = policyWorld();
  world.commit('start', { 'channels/testing.yaml': 'kind: Channel\nkeep: 2   # newest\n' });
  ports = { policyGit: world.port(), forge: localForge(world.options) };
  head = await ports.policyGit.fetch();
  await ports.policyGit.accept(head);
});
afterEach(() => world.remove());

const promotion: FileEdit = {
  kind: 'create',
  path: 'promotions/testing/EXSA-2026-0001.yaml',
  document: { update: 'EXSA-2026:0001', channel: 'testing' },
};
const keep: FileEdit = { kind: 'set', path: 'channels/testing.yaml', at: ['keep'], value: 3 };

describe('propose and close', () => {
  const ask = () => propose(ports, { request: request({ edits: [promotion, keep] }), head });

  it('opens once, then finds it open already', async () => {
    expect(await ask()).toMatchObject({ kind: 'done', text: expect.stringContaining('opened #1') });
    expect(await ask()).toEqual({ kind: 'already' });
    const branch = 'sluice/errata/testing/EXSA-2026-0001';
    expect(world.git('diff', '--stat', '--summary', `main...${branch}`)).toContain(
      'create mode 100644 promotions/testing/EXSA-2026-0001.yaml',
    );
    expect(world.git('show', `${branch}:channels/testing.yaml`)).toContain('keep: 3   # newest');
    const [proposal] = await ports.forge.list();
    expect(proposal?.body).toContain('Merging this promotes EXSA-2026:0001 to testing.');
    expect(await close(ports, { number: 1, identity: 'x', as: 'withdrawn' })).toMatchObject({
      kind: 'done',
    });
    expect(await ports.forge.list()).toMatchObject([{ state: 'closed', closedBy: 'controller' }]);
  });

  it.each(['merge --no-ff --no-edit', 'merge --ff-only', 'merge --squash'])(
    'the undo command of the body undoes a git %s',
    async (how) => {
      await ask();
      const branch = 'sluice/errata/testing/EXSA-2026-0001';
      const [proposal] = await ports.forge.list();
      world.git(...how.split(' '), branch);
      if (how.includes('squash')) world.git('commit', '--no-edit');
      const find = /git log [^)]*/.exec(proposal?.body ?? '')?.[0].split(' ') ?? [];
      const args = find.slice(1).map((arg) => arg.replaceAll("'", ''));
      const grep = args.findIndex((arg) => arg.startsWith('--grep='));
      const found = world.git(...args.slice(0, grep), args.slice(grep).join(' '));
      world.git('revert', '--no-edit', found);
      expect(world.git('diff', head, 'HEAD')).toBe('');
    },
  );
});

describe('commit', () => {
  const step = {
    subject: 'Promote EXSA-2026:0001 to testing',
    edits: [promotion, keep],
    why: { text: 'policies/default.yaml says auto' },
    id: 'a'.repeat(64) as Sha256,
  };

  it('is one commit, and none when it is there already', async () => {
    expect(await commit(ports, step, head)).toMatchObject({ kind: 'done' });
    expect(world.git('log', '--format=%s', `${head}..HEAD`)).toBe(step.subject);
    const now = await ports.policyGit.fetch(head);
    expect(await commit(ports, step, now)).toEqual({ kind: 'already' });
  });

  it('is rebuilt on the new head when a person committed meanwhile', async () => {
    const theirs = world.commit('mine', { 'channels/testing.yaml': 'kind: Channel\nkeep: 9\n' });
    expect(await commit(ports, step, head)).toMatchObject({ kind: 'done' });
    expect(world.git('rev-parse', 'HEAD~1')).toBe(theirs);
    expect(world.git('show', 'HEAD:channels/testing.yaml')).toBe('kind: Channel\nkeep: 3');
  });

  it('builds on nothing that does not descend from the accepted head', async () => {
    world.git('commit', '--quiet', '--amend', '--message', 'rewritten');
    const rewritten = world.git('rev-parse', 'HEAD');
    expect(await commit(ports, step, head)).toMatchObject({
      kind: 'waiting',
      hold: { code: 'PushRejected' },
    });
    expect(world.git('rev-parse', 'HEAD')).toBe(rewritten);
  });

  it('waits while the tree is busy, and loses nothing', async () => {
    world.write('channels/testing.yaml', 'half');
    expect(await commit(ports, step, head)).toMatchObject({
      kind: 'waiting',
      hold: { code: 'TreeBusy', subject: 'policy', awaits: expect.stringContaining('git -C') },
    });
    world.git('checkout', '--', 'channels/testing.yaml');
    expect(await commit(ports, step, head)).toMatchObject({ kind: 'done' });
  });

  it('throws what waiting does not mend', async () => {
    rmSync(join(world.repository, '.git'), { recursive: true });
    await expect(commit(ports, step, head)).rejects.toMatchObject({ code: 'PolicyUnavailable' });
  });
});
