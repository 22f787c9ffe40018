import { expect, it } from 'vitest';
import { localForge } from '../../../src/edge/forge/local/index.ts';
import { policyWorld } from '../../support/policy-repository.ts';
import { describeForge, type ForgeWorld, question } from './conformance.ts';

async function localWorld(bare: boolean): Promise<ForgeWorld> {
  const world = policyWorld({ bare });
  world.commit('start', { 'sluice.yaml': 'kind: Site\n' });
  const at = (...args: readonly string[]) =>
    bare ? world.git(`--git-dir=${world.repository}`, ...args) : world.git(...args);
  const fetched = () => {
    if (bare) world.git('pull', '--quiet', '--ff-only', 'origin', 'main');
  };
  return {
    forge: localForge(world.options),
    again: () => localForge(world.options),
    main: () => at('rev-parse', 'main') as ReturnType<ForgeWorld['main']>,
    commitOnMain: (path, text) => {
      fetched();
      return world.commit('by hand', { [path]: text });
    },
    commitOnBranch: (branch, path, text) => {
      if (bare) world.git('fetch', '--quiet', 'origin', branch);
      world.git('switch', '--quiet', ...(bare ? ['-c', branch, 'FETCH_HEAD'] : [branch]));
      world.write(path, text);
      world.git('add', path);
      world.git('commit', '--quiet', '-m', 'mine');
      if (bare) world.git('push', '--quiet', 'origin', branch);
      const made = world.git('rev-parse', 'HEAD');
      world.git('switch', '--quiet', 'main');
      return made as ReturnType<ForgeWorld['main']>;
    },
    mergeAsPerson: (branch) => {
      if (bare) world.git('fetch', '--quiet', 'origin', branch);
      world.git('merge', '--quiet', '--no-ff', '--no-edit', bare ? 'FETCH_HEAD' : branch);
      if (bare) world.git('push', '--quiet', 'origin', 'main');
      return world.git('rev-parse', 'HEAD') as ReturnType<ForgeWorld['main']>;
    },
    deleteBranch: (branch) => {
      at('branch', '-D', branch);
    },
    show: (revision, path) => {
      try {
        return `${at('show', `${revision}:${path}`)}\n`;
      } catch {
        return undefined;
      }
    },
    message: (revision) => at('show', '-s', '--format=%B', revision),
    branches: () => at('branch', '--format=%(refname:short)').split('\n'),
    comment: (number, text) => localForge(world.options).comment(number, { person: 'alice', text }),
    timesSaid: (_, context) => {
      const blobs = at('cat-file', '--batch-all-objects', '--batch-check').split('\n');
      const said = blobs
        .filter((line) => line.includes(' blob '))
        .map((line) => at('cat-file', 'blob', line.split(' ')[0] ?? ''))
        .filter((text) => text.includes(`"name":"${context.replace('sluice/', '')}"`))
        .map((text) =>
          JSON.parse(text).statuses.find((s: { name: string }) => context.endsWith(s.name)),
        );
      return new Set(said.map((s) => JSON.stringify(s))).size;
    },
    later: (seconds) => {
      world.clock.time += seconds;
    },
    remove: world.remove,
  };
}

describeForge('a repository with a working tree', () => localWorld(false));
describeForge('a bare repository', () => localWorld(true));

it('takes over a branch that a crash left without its record', async () => {
  const world = policyWorld();
  try {
    const base = world.commit('start', { 'sluice.yaml': 'kind: Site\n' });
    const forge = localForge(world.options);
    const changes = [{ path: 'promotions/testing/a.yaml', text: 'a\n' }];
    const proposal = { ...question(), body: 'b', base, changes };
    await forge.put(proposal);
    world.git('update-ref', '-d', 'refs/sluice/pr/1');
    expect(await forge.list()).toEqual([]);
    expect(await forge.put(proposal)).toEqual({ number: 1, outcome: 'opened' });
    expect(await forge.list()).toMatchObject([{ number: 1, state: 'open', edited: false }]);
  } finally {
    world.remove();
  }
});

it('is read by several processes beside the one that writes', async () => {
  const world = policyWorld();
  try {
    const base = world.commit('start', { 'sluice.yaml': 'kind: Site\n' });
    const writer = localForge(world.options);
    const readers = [localForge(world.options), localForge(world.options)];
    const reading = readers.map(async (reader) => {
      for (let i = 0; i < 8; i++) await reader.list();
    });
    for (let i = 0; i < 5; i++) {
      const changes = [{ path: `promotions/testing/${i}.yaml`, text: 'a\n' }];
      await writer.put({ ...question({ identity: `errata/${i}` }), body: 'b', base, changes });
    }
    await Promise.all(reading);
    expect(await writer.list()).toHaveLength(5);
  } finally {
    world.remove();
  }
});

it('waits while a person works in the tree, and does not touch their files', async () => {
  const world = policyWorld();
  try {
    const base = world.commit('start', { 'sluice.yaml': 'kind: Site\n' });
    const forge = localForge(world.options);
    const changes = [{ path: 'promotions/testing/a.yaml', text: 'a\n' }];
    await forge.put({ ...question(), body: 'b', base, changes });
    world.write('sluice.yaml', 'half an edit');
    await expect(forge.merge(1)).rejects.toMatchObject({ code: 'TreeBusy' });
    expect(world.git('rev-parse', 'main')).toBe(base);
    expect(world.git('diff', '--name-only')).toBe('sluice.yaml');
    world.git('checkout', '--', 'sluice.yaml');
    const merged = await forge.merge(1);
    expect(world.git('rev-parse', 'HEAD')).toBe(merged);
    expect(world.git('status', '--porcelain')).toBe('');
  } finally {
    world.remove();
  }
});

it('reads comments that people write with plain git, signed or not', async () => {
  const world = policyWorld();
  const forge = localForge(world.options);
  const base = world.commit('start', { 'sluice.yaml': 'kind: Site\n' });
  await forge.put({ ...question(), body: 'b', base, changes: [{ path: 'x.yaml', text: 'x\n' }] });
  const tree = world.git('hash-object', '-t', 'tree', '-w', '/dev/null');
  const said = world.git('commit-tree', '-m', '/sluice reject', '-m', '#1', tree);
  world.git('update-ref', 'refs/sluice/comments/1/first', said);
  world.git('update-ref', 'refs/sluice/comments/1/a-branch', base);
  world.git('update-ref', 'refs/sluice/comments/7/elsewhere', said);
  const comments = await forge.comments();
  expect(comments.map((c) => [c.person, c.text]).toSorted()).toEqual([
    ['Alice', '/sluice reject\n\n#1'],
    ['Alice', 'start'],
  ]);
  expect(comments.every((c) => c.signed === undefined)).toBe(true);
  await expect(forge.comment(1, { person: 'a<b>', text: 'x' })).rejects.toMatchObject({
    code: 'Usage',
  });
  world.remove();
});
