import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Gpg, type GpgKey, makeGpg } from './gpg.ts';

/** Keys of people, made by the real gpg and ssh-keygen, and the git settings that sign with them. */
export interface Signers {
  readonly gpg: Gpg;
  gpgKey(name: string, expires?: string): GpgKey;
  /** `type base64` of a new SSH key. */
  sshKey(name: string): string;
  /** Arguments for git that make every commit signed by this key. */
  withGpg(key: GpgKey): readonly string[];
  withSsh(name: string): readonly string[];
  dispose(): void;
}

export function makeSigners(): Signers {
  const gpg = makeGpg();
  const folder = mkdtempSync('/tmp/sls-');
  return {
    gpg,
    gpgKey: (name, expires) => gpg.makeKey(name, 'ed25519', expires),
    sshKey: (name) => {
      const file = join(folder, name);
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
      return readFileSync(`${file}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' ');
    },
    withGpg: (key) => [
      ...['-c', 'gpg.format=openpgp', '-c', 'commit.gpgSign=true'],
      ...['-c', `user.signingKey=${key.fingerprint}!`, '-c', `gpg.program=${program(folder, gpg)}`],
    ],
    withSsh: (name) => [
      ...['-c', 'gpg.format=ssh', '-c', 'commit.gpgSign=true'],
      ...['-c', `user.signingKey=${join(folder, name)}`],
    ],
    dispose: () => {
      gpg.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** git starts gpg without our environment; this names the home. */
function program(folder: string, gpg: Gpg): string {
  const file = join(folder, 'gpg');
  const unlocked = "--batch --yes --pinentry-mode loopback --passphrase ''";
  const text = `#!/bin/sh\nexec gpg --homedir ${gpg.home} ${unlocked} "$@"\n`;
  execFileSync('sh', ['-c', 'printf %s "$1" > "$2" && chmod 755 "$2"', 'sh', text, file]);
  return file;
}
