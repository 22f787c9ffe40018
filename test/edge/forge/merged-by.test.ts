import { afterEach, describe, expect, test } from 'vitest';
import { giteaForge } from '../../../src/edge/forge/gitea/index.ts';
import { githubForge } from '../../../src/edge/forge/github/index.ts';
import type { CommitId } from '../../../src/model/index.ts';
import { forgeWorld, type LoopbackWorld, type MakeForge } from '../../support/forge-world.ts';
import { gitea } from '../../support/loopback-forge/gitea.ts';
import { github } from '../../support/loopback-forge/github.ts';

const about = { userAgent: 'sluice/test', patient: false };
const dialects: readonly (readonly [typeof github, MakeForge])[] = [
  [
    github,
    (git, { origin, repository, token }) =>
      githubForge(git, {
        ...about,
        ...{ apiUrl: `${origin}/api/v3`, repository, token: async () => token },
      }),
  ],
  [
    gitea,
    (git, { origin, repository, token }) =>
      giteaForge(git, {
        ...about,
        ...{ apiUrl: `${origin}/api/v1`, repository, token: async () => token },
      }),
  ],
];

let world: LoopbackWorld;
afterEach(() => world.remove());

/** A pull request of carol with one new file. */
function pullOf(branch: string, base = 'main') {
  const { server, run, person } = world;
  run(person, 'switch', '--quiet', '--force-create', branch, 'main');
  world.commit(branch, `${branch}.yaml`, 'a: 1\n');
  return server.store.open({ author: 'carol', branch, base, title: branch, body: '' });
}

const merged = (commit: string | undefined) => world.forge.mergedBy?.(commit as CommitId);

describe.each(dialects)('who approved a commit, told by $name', (dialect, make) => {
  test('[F12] [F13] the last word of each person but the author, of all pages, with the head it is about', async () => {
    world = await forgeWorld(dialect, make);
    const { store } = world.server;
    const pull = pullOf('change');
    for (let n = 0; n < 120; n++) store.review(pull, { by: 'erin', state: 'comment' });
    const old = pull.head;
    store.review(pull, { by: 'dave', state: 'approve' });
    world.commit('change', 'more.yaml', 'b: 1\n');
    store.notice();
    store.review(pull, { by: 'carol', state: 'approve' });
    store.review(pull, { by: 'mallory', state: 'approve' }).dismissed = true;
    store.review(pull, { by: 'frank', state: 'approve' });
    store.review(pull, { by: 'frank', state: 'reject' });
    store.review(pull, { by: 'alice', state: 'reject' });
    store.review(pull, { by: 'alice', state: 'approve' });
    const commit = store.merge(pull, 'alice', 'Merge');
    const found = await merged(commit);
    expect(found).toMatchObject({
      ...{ forge: dialect.name, number: pull.number, author: 'carol', head: pull.head },
      asReviewed: true,
    });
    expect(found?.approvals.map((a) => [a.person, a.head])).toEqual([
      ['dave', old],
      ['alice', pull.head],
    ]);
  });

  test('[F11] [F17] a direct push and a merge into another branch are no merged pull request', async () => {
    world = await forgeWorld(dialect, make);
    const { store } = world.server;
    expect(await merged(world.commit('main', 'direct.yaml', 'a: 1\n'))).toBeUndefined();
    store.git('branch', 'side', 'main');
    const other = pullOf('other', 'side');
    const commit = store.merge(other, 'alice', 'Merge');
    store.git('update-ref', 'refs/heads/main', commit ?? '');
    expect(await merged(commit)).toBeUndefined();
  });

  test('[F15] a squash counts when it has the files of the reviewed head on its base, also after its branch is gone', async () => {
    world = await forgeWorld(dialect, make);
    const { store } = world.server;
    const pull = pullOf('change');
    world.commit('main', 'meanwhile.yaml', 'a: 1\n');
    const good = store.squash(pull, 'alice');
    store.git('update-ref', '-d', 'refs/heads/change');
    expect(await merged(good)).toMatchObject({ number: pull.number, asReviewed: true });
    const second = pullOf('second');
    const bad = store.squash(second, 'alice', store.git('rev-parse', `${good}^{tree}`));
    expect(await merged(bad)).toMatchObject({ number: second.number, asReviewed: false });
  });

  test('[F15] a merge commit with other files than the merge has is not what was reviewed', async () => {
    world = await forgeWorld(dialect, make);
    const { store } = world.server;
    const pull = pullOf('change');
    const base = store.tip('main') ?? '';
    const tree = store.git('rev-parse', `${base}^{tree}`) ?? '';
    const evil = store.git('commit-tree', '-p', base, '-p', pull.head, '-m', 'Merge', tree) ?? '';
    store.git('update-ref', 'refs/heads/main', evil);
    store.markMerged(pull, evil, 'mallory');
    expect(await merged(evil)).toMatchObject({ asReviewed: false });
  });

  test('[F16] an error and an answer without sense are faults, not "no pull request"', async () => {
    world = await forgeWorld(dialect, make);
    const operation =
      Object.keys(dialect.operations).find((name) => /commit.*pull|pull.*commit/.test(name)) ?? '';
    const tip = world.tip('main');
    for (const status of [500, 403, 409]) {
      // Reads are tried again; the trouble lasts.
      for (let n = 0; n < 4; n++) world.server.troubles.push({ operation, status });
      await expect(merged(tip)).rejects.toMatchObject({ code: expect.stringMatching(/^Forge/) });
      world.server.troubles.length = 0;
    }
    world.server.troubles.push({ operation, status: 200, text: '{"message": "hello"}' });
    await expect(merged(tip)).rejects.toMatchObject({ code: 'ForgeUnavailable' });
    expect(await merged(tip)).toBeUndefined();
  });
});
