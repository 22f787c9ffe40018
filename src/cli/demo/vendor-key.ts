import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool, tryTool } from './tool.ts';

export interface VendorKey {
  /** GNUPGHOME, only while the key is in use. */
  readonly home: string;
  readonly fingerprint: string;
  readonly publicFile: string;
  /** Writes `<file>.asc` beside the file. */
  signDetached(file: string): Promise<void>;
}

/**
 * Gives `work` the throw-away signing key kept in `directory`, making it the first time. The keyring lives in a folder of
 * its own with a short path, because the agent's socket name has room for about a hundred bytes; the agent ends with it.
 */
export async function withVendorKey<T>(
  directory: string,
  work: (key: VendorKey) => Promise<T>,
): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'slv-'));
  const gpg = (...args: string[]) =>
    tool('gpg', ['--homedir', home, '--batch', '--quiet', '--yes', '--no-tty', ...args]);
  try {
    const secretFile = join(directory, 'vendor.secret.asc');
    const publicFile = join(directory, 'vendor.asc');
    const secret = await readFile(secretFile).catch(() => undefined);
    if (secret === undefined) {
      const unprotected = ['--pinentry-mode', 'loopback', '--passphrase', ''];
      const person = 'Example OS <security@example.org>';
      await gpg(...unprotected, '--quick-generate-key', person, 'rsa3072', 'sign', '2y');
      const exported = await gpg(...unprotected, '--armor', '--export-secret-keys');
      await writeFile(secretFile, `${exported.stdout}\n`, { mode: 0o600 });
      await writeFile(publicFile, `${(await gpg('--armor', '--export')).stdout}\n`);
    } else {
      await gpg('--import', secretFile);
    }
    const listing = (await gpg('--with-colons', '--list-secret-keys')).stdout;
    const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listing)?.[1];
    if (fingerprint === undefined) throw new Error('gpg lists no fingerprint');
    const signDetached = async (file: string): Promise<void> => {
      await gpg('--local-user', fingerprint, '--armor', '--output', `${file}.asc`, '-b', file);
    };
    return await work({ home, fingerprint, publicFile, signDetached });
  } finally {
    await tryTool('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    await rm(home, { recursive: true, force: true });
  }
}
