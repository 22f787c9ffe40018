import type { Forge } from '../../../ports.ts';
import type { PolicyGitOptions } from '../../git/index.ts';
import { type ApiOptions, apiClient } from '../api/client.ts';
import { pullsForge } from '../pulls/pulls-forge.ts';
import { githubPullRequests } from './pull-requests.ts';

/** Pull requests of GitHub or of a GitHub Enterprise Server. */
export function githubForge(git: PolicyGitOptions, api: ApiOptions): Forge {
  const headers = { 'x-github-api-version': '2022-11-28' };
  return pullsForge(git, githubPullRequests(apiClient({ ...api, headers })));
}

/** Where the REST interface of a GitHub is: of github.com on a host of its own, elsewhere below `/api/v3`. */
export function githubApiUrl(url: string): string {
  const { origin, hostname } = new URL(url);
  return hostname === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`;
}
