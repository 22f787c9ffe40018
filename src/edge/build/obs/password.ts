import { readFile } from 'node:fs/promises';
import { Fault } from '../../../model/index.ts';
import type { ObsSettings } from './settings.ts';

/** Value of the Authorization header; read for each request, so that a new password counts at once. */
export async function authorization(login: ObsSettings['login']): Promise<string | undefined> {
  if (login === undefined) return undefined;
  const { user, passwordFile } = login;
  const text = await readFile(passwordFile, 'utf8').catch(() => '');
  const password = text.split('\n')[0]?.trim() ?? '';
  if (password === '') {
    throw new Fault('ConfigInvalid', {
      object: passwordFile,
      check: 'the file holds the password of the build service',
      found: 'no readable first line',
      fix: 'Write the password into the file, readable by the controller only (mode 0600).',
    });
  }
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
