import { giteaForge } from '../../../src/edge/forge/gitea/index.ts';
import type { MakeForge } from '../../support/forge-world.ts';
import { gitea } from '../../support/loopback-forge/gitea.ts';
import { describeForge } from './conformance.ts';
import { loopbackWorld } from './loopback-conformance.ts';

const make: MakeForge = (git, { origin, repository, token }) =>
  giteaForge(git, {
    ...{ apiUrl: `${origin}/api/v1`, repository, userAgent: 'sluice/test', patient: false },
    token: async () => token,
  });

describeForge('Gitea on loopback', () => loopbackWorld(gitea, make));
