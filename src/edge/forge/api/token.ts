import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Fault } from '../../../model/index.ts';

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

/** Tokens of an App's installation; octokit makes them and renews them before they end. */
export function appToken(app: AppCredentials, apiUrl: string): () => Promise<string> {
  const Auth = z.object({ token: z.string() });
  let installed: Promise<{ auth(options: { type: 'installation' }): Promise<unknown> }> | undefined;
  return async () => {
    installed ??= connectApp(app, apiUrl);
    const octokit = await installed;
    return Auth.parse(await octokit.auth({ type: 'installation' })).token;
  };
}

async function connectApp(
  { appId, installationId, privateKeyFile }: AppCredentials,
  apiUrl: string,
) {
  const privateKey = await readFile(privateKeyFile, 'utf8').catch(() => {
    throw noToken(privateKeyFile, 'unreadable');
  });
  const { App, Octokit } = await import('octokit');
  const app = new App({ appId, privateKey, Octokit: Octokit.defaults({ baseUrl: apiUrl }) });
  return app.getInstallationOctokit(installationId);
}

function noToken(file: string, found: string): Fault {
  return new Fault('ConfigInvalid', {
    object: file,
    check: 'the file holds a token for the forge',
    found,
    fix: 'Write the token into the file, readable by the controller only (mode 0600).',
  });
}
