import { expect } from 'vitest';
import { forgeWorld, type MakeForge } from '../../support/forge-world.ts';
import type { Dialect } from '../../support/loopback-forge/dialect.ts';
import type { ForgeWorld } from './conformance.ts';

/** The conformance suite's world on a loopback forge; each test ends with a look at what broke the description. */
export async function loopbackWorld(dialect: Dialect, make: MakeForge): Promise<ForgeWorld> {
  const world = await forgeWorld(dialect, make);
  const { server, run, person } = world;
  const fetched = (branch: string) => {
    run(person, 'fetch', '--quiet', 'origin');
    run(person, 'switch', '--quiet', '-C', branch, `origin/${branch}`);
  };
  return {
    forge: world.forge,
    again: () => world.forgeFor('state'),
    main: () => world.tip('main'),
    commitOnMain: (path, text) => world.commit('main', path, text),
    commitOnBranch: (branch, path, text) => {
      fetched(branch);
      return world.commit(branch, path, text);
    },
    mergeAsPerson: (branch) => {
      fetched('main');
      run(person, 'merge', '--quiet', '--no-ff', '--no-edit', `origin/${branch}`);
      run(person, 'push', '--quiet', 'origin', 'main');
      return world.tip('main');
    },
    deleteBranch: (branch) => {
      run(person, 'push', '--quiet', 'origin', '--delete', branch);
    },
    show: (revision, path) => {
      const text = server.store.git('show', `${revision}:${path}`);
      return text === undefined ? undefined : `${text}\n`;
    },
    message: (revision) => server.store.git('show', '-s', '--format=%B', revision) ?? '',
    branches: () => (server.store.git('branch', '--format=%(refname:short)') ?? '').split('\n'),
    later: (seconds) => {
      world.clock.time += seconds;
    },
    comment: (number, text) => {
      server.store.comment(number, 'alice', text);
    },
    timesSaid: (head, context) =>
      (server.store.statuses.get(head) ?? []).filter((s) => s.context === context).length,
    approvesOnPage: true,
    remove: async () => {
      await world.remove();
      expect(server.breaches).toEqual([]);
    },
  };
}
