import { githubForge } from '../../../src/edge/forge/github/index.ts';
import type { MakeForge } from '../../support/forge-world.ts';
import { github } from '../../support/loopback-forge/github.ts';
import { describeForge } from './conformance.ts';
import { loopbackWorld } from './loopback-conformance.ts';

const make: MakeForge = (git, { origin, repository, token }) =>
  githubForge(git, {
    ...{ apiUrl: `${origin}/api/v3`, repository, userAgent: 'sluice/test', patient: false },
    token: async () => token,
  });

describeForge('GitHub on loopback', () => loopbackWorld(github, make));
