import { Fault } from '../../model/index.ts';
import type { Forge } from '../../ports.ts';
import type { PolicyGitOptions } from '../git/index.ts';
import type { ApiOptions } from './api/client.ts';
import { type AppCredentials, appToken, fileToken, type TokenSource } from './api/token.ts';
import { giteaApiUrl, giteaForge } from './gitea/index.ts';
import { githubApiUrl, githubForge } from './github/index.ts';
import { localForge } from './local/index.ts';

/** Which forge an installation has, and where its secrets are. */
export interface ForgeSettings {
  readonly kind: 'local' | 'github' | 'gitea';
  /** As in the browser: `https://github.com`. */
  readonly url?: string | undefined;
  /** `owner/name`. */
  readonly repository?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly app?: AppCredentials | undefined;
}

export interface ChosenForge {
  readonly forge: Forge;
  /** With the credentials that the forge's git wants. */
  readonly git: PolicyGitOptions;
}

/** The adapter that the settings name; `local` needs none of them. */
export function chooseForge(
  settings: ForgeSettings,
  plain: PolicyGitOptions,
  version: string,
): ChosenForge {
  if (settings.kind === 'local') return { forge: localForge(plain), git: plain };
  const apiUrl = apiUrlOf(settings);
  const { repository } = settings;
  if (repository === undefined) throw lacking('repository', 'owner/name of the policy repository');
  const source = tokenOf(settings, apiUrl);
  const credentials = async () => ({ username: 'x-access-token', password: await source.token() });
  const git: PolicyGitOptions = { ...plain, credentials };
  const near = isHere(new URL(apiUrl).hostname);
  const api: ApiOptions = { apiUrl, repository, near, ...source, userAgent: `sluice/${version}` };
  const adapter = settings.kind === 'github' ? githubForge : giteaForge;
  return { forge: adapter(git, api), git };
}

function apiUrlOf({ kind, url }: ForgeSettings): string {
  if (kind === 'github') return githubApiUrl(checked(url ?? 'https://github.com'));
  if (url === undefined) throw lacking('url', 'https://HOST of the forge');
  return giteaApiUrl(checked(url));
}

function tokenOf({ kind, tokenFile, app }: ForgeSettings, apiUrl: string): TokenSource {
  if (app !== undefined && kind === 'github') return appToken(app, apiUrl);
  if (tokenFile === undefined) throw lacking('tokenFile', 'a file with a token of the forge');
  return { token: fileToken(tokenFile) };
}

/** A token goes to nobody in clear text, except on this machine. */
function checked(url: string): string {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  if (protocol === 'https:' || (protocol === 'http:' && isHere(hostname))) return url;
  throw lacking('url', 'https://HOST of the forge', url);
}

const isHere = (host: string): boolean => ['127.0.0.1', '[::1]', 'localhost'].includes(host);

function lacking(key: string, expected: string, found = 'nothing'): Fault {
  return new Fault('ConfigInvalid', {
    object: 'controller.yaml',
    check: `key forge.${key}`,
    expected,
    found,
    fix: `Write forge.${key} into controller.yaml in the state directory.`,
  });
}
