import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Fault } from '../../../model/index.ts';
import { ratherLater } from './fault.ts';

/** A GitHub App that is installed for the repository. */
export interface AppCredentials {
  readonly appId: number;
  readonly installationId: number;
  readonly privateKeyFile: string;
}

/** The first line of a file, read for each use: a token that was renewed counts at once. */
export function fileToken(file: string): () => Promise<string> {
  return async () => {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw noToken(
        file,
        error instanceof Error && 'code' in error ? String(error.code) : 'unreadable',
      );
    });
    const token = text.split('\n')[0]?.trim() ?? '';
    if (!/^[\x21-\x7e]{8,1000}$/.test(token)) throw noToken(file, 'no token in its first line');
    return token;
  };
}

/** Where a forge's token comes from. */
export interface TokenSource {
  readonly token: () => Promise<string>;
  /** Whoever had a token refused asks for another one, where there can be one. */
  readonly renew?: () => Promise<void>;
}

/** Tokens of an App's installation; octokit makes them, keeps them for their hour and makes new ones in time. */
export function appToken(app: AppCredentials, apiUrl: string): Required<TokenSource> {
  let installed: Promise<InstalledApp> | undefined;
  const token = async (refresh: boolean) => {
    installed ??= connectApp(app, apiUrl);
    try {
      const octokit = await installed;
      return Auth.parse(await octokit.auth({ type: 'installation', refresh })).token;
    } catch (error) {
      installed = undefined;
      throw noInstallation(app, apiUrl, error);
    }
  };
  return {
    token: () => token(false),
    renew: async () => {
      await token(true);
    },
  };
}

const Auth = z.object({ token: z.string() });

interface InstalledApp {
  auth(options: { readonly type: 'installation'; readonly refresh: boolean }): Promise<unknown>;
}

async function connectApp(
  { appId, installationId, privateKeyFile }: AppCredentials,
  apiUrl: string,
): Promise<InstalledApp> {
  const privateKey = await readFile(privateKeyFile, 'utf8').catch(() => {
    throw noToken(privateKeyFile, 'unreadable');
  });
  const { App, Octokit } = await import('octokit');
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const fetchSoon = (url: string, init: RequestInit) =>
    fetch(url, { ...init, signal: AbortSignal.timeout(60_000) });
  const once = { retry: { enabled: false }, throttle: { enabled: false } };
  const defaults = { baseUrl: apiUrl, log: quiet, request: { fetch: fetchSoon }, ...once };
  const app = new App({ appId, privateKey, Octokit: Octokit.defaults(defaults) });
  return app.getInstallationOctokit(installationId);
}

/** The forge refuses the App, does not answer, or the key file holds no key; no message quotes the key. */
function noInstallation(
  { appId, installationId, privateKeyFile }: AppCredentials,
  apiUrl: string,
  error: unknown,
): unknown {
  if (error instanceof Fault) return error;
  const object = `${apiUrl} App ${appId}`;
  const said = ratherLater(error);
  const found = `${said?.status ?? ''} ${said?.message ?? ''}`.trim();
  if (said !== undefined && said.status < 500 && said.status !== 429) {
    return new Fault('ForgeRefused', {
      object,
      check: `the App is installed as ${installationId} and its key counts`,
      found,
      fix: "Compare forge.app in controller.yaml with the App's page, and renew its private key there.",
    });
  }
  if (said === undefined && !isOnTheWay(error)) {
    return noToken(privateKeyFile, "no private key of an App (PEM, as the App's page gives it)");
  }
  return new Fault('ForgeUnavailable', {
    object,
    check: 'the App gets a token',
    found: found || 'no answer',
    fix: 'Nothing to do: the next pass asks again, and nothing is promoted until then.',
  });
}

/** octokit calls what never came back a 500 without a response. */
const isOnTheWay = (error: unknown): boolean =>
  z.object({ status: z.number() }).safeParse(error).success ||
  (error instanceof Error && error.name === 'TimeoutError');

function noToken(file: string, found: string): Fault {
  return new Fault('ConfigInvalid', {
    object: file,
    check: 'the file holds a token for the forge',
    found,
    fix: 'Write the token into the file, readable by the controller only (mode 0600).',
  });
}
