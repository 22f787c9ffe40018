import { afterEach, beforeEach, expect, test } from 'vitest';
import { apiClient } from '../../../../src/edge/forge/api/client.ts';
import { githubForge } from '../../../../src/edge/forge/github/index.ts';
import { githubPullRequests } from '../../../../src/edge/forge/github/pull-requests.ts';
import {
  botToken,
  forgeWorld,
  type LoopbackWorld,
  repository,
} from '../../../support/forge-world.ts';
import { github } from '../../../support/loopback-forge/github.ts';

let world: LoopbackWorld;
beforeEach(async () => {
  world = await forgeWorld(github, (git, { origin, repository: name, token }) => {
    const api = { apiUrl: `${origin}/api/v3`, repository: name, userAgent: 'sluice/test' };
    return githubForge(git, { ...api, token: async () => token });
  });
});
afterEach(() => world.remove());

/** With the distances and repetitions that a real forge gets. */
const patient = () =>
  githubPullRequests(
    apiClient({
      ...{ apiUrl: `${world.server.origin}/api/v3`, repository, userAgent: 'sluice/test' },
      token: async () => botToken,
    }),
  );

const asked = (operation: string) => world.server.requests.filter((r) => r === operation).length;

test('a read that failed is tried again, a write never is', async () => {
  const pulls = patient();
  world.server.troubles.push({ operation: 'pulls/list', status: 502 });
  expect(await pulls.page({ order: 'oldest', page: 1 })).toMatchObject({ items: [] });
  expect(asked('pulls/list')).toBe(2);
  world.commit('main', 'a.yaml', 'a\n');
  world.run(world.person, 'push', '--quiet', 'origin', 'main~1:refs/heads/sluice/x');
  world.server.troubles.push({ operation: 'pulls/create', status: 500 });
  const draft = { branch: 'sluice/x', base: 'main', title: 't', body: 'b' };
  await expect(pulls.create(draft)).rejects.toMatchObject({ code: 'ForgeUnavailable' });
  expect(asked('pulls/create')).toBe(1);
});

test('[F16] a short limit is waited for, a long one is left to the next pass', async () => {
  const pulls = patient();
  const limit = (after: string) =>
    world.server.troubles.push({
      ...{
        operation: 'pulls/list',
        status: 403,
        message: 'You have exceeded a secondary rate limit',
      },
      headers: { 'retry-after': after },
    });
  limit('1');
  expect(await pulls.page({ order: 'oldest', page: 1 })).toMatchObject({ items: [] });
  expect(asked('pulls/list')).toBe(2);
  limit('3600');
  const refused = pulls.page({ order: 'oldest', page: 1 });
  await expect(refused).rejects.toMatchObject({ code: 'ForgeUnavailable' });
  expect(asked('pulls/list')).toBe(3);
});

test('what has not changed is not sent again', async () => {
  const pulls = patient();
  const first = await pulls.page({ order: 'changed', page: 1 });
  if (first === 'same' || first.etag === undefined) expect.fail('it has an ETag');
  expect(await pulls.page({ order: 'changed', page: 1, etag: first.etag })).toBe('same');
});
