import type { Forge } from '../../../ports.ts';
import type { PolicyGitOptions } from '../../git/index.ts';
import { type ApiOptions, apiClient } from '../api/client.ts';
import { pullsForge } from '../pulls/pulls-forge.ts';
import { giteaPullRequests } from './pull-requests.ts';

/** Pull requests of a Gitea or Forgejo. */
export function giteaForge(git: PolicyGitOptions, api: ApiOptions): Forge {
  const headers = { accept: 'application/json' };
  return pullsForge(git, giteaPullRequests(apiClient({ ...api, headers })));
}

/** Where the REST interface is; a Gitea may live below a path. */
export const giteaApiUrl = (url: string): string => `${url.replace(/\/+$/, '')}/api/v1`;
