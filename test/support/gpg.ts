import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A key made for a test by the real gpg. */
export interface GpgKey {
  /** 40 hex digits, upper case. */
  readonly fingerprint: string;
  /** Armored. */
  readonly publicKey: string;
  /** Detached, armored signature file `<path>.asc`. */
  signFile(path: string): void;
  /** Signs packages in place with the real rpmsign. */
  signPackages(paths: readonly string[]): void;
}

export interface Gpg {
  /** `rsa2048`, `ed25519`, `dsa2048` … without a passphrase; never expires unless told (`seconds=5`, `1y`). */
  makeKey(name: string, algorithm?: string, expires?: string): GpgKey;
  /** The public key with the revocation that gpg made for it. */
  revoked(key: GpgKey): string;
  /** Runs gpg in this home and gives its output. */
  run(...args: readonly string[]): Buffer;
  readonly home: string;
  /** Ends the agent that this home started and removes the home. */
  dispose(): void;
}

/** A home of its own below /tmp: agents refuse sockets with long paths. */
export function makeGpg(): Gpg {
  const home = mkdtempSync('/tmp/slg-');
  const environment = { ...process.env, GNUPGHOME: home, LC_ALL: 'C.UTF-8' };
  const run = (...args: readonly string[]): Buffer =>
    execFileSync('gpg', ['--batch', '--yes', '--quiet', ...args], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const unlocked = ['--pinentry-mode', 'loopback', '--passphrase', ''];
  return {
    home,
    run,
    makeKey(name, algorithm = 'rsa2048', expires = 'never') {
      run(
        ...unlocked,
        '--quick-gen-key',
        `${name} <${name}@example.org>`,
        algorithm,
        'sign',
        expires,
      );
      const listed = run(
        '--with-colons',
        '--list-keys',
        `=${name} <${name}@example.org>`,
      ).toString();
      const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
      return {
        fingerprint,
        publicKey: run('--armor', '--export', fingerprint).toString(),
        signFile: (path) => {
          const files = ['--output', `${path}.asc`, path];
          run(...unlocked, '--local-user', fingerprint, '--armor', '--detach-sign', ...files);
        },
        signPackages: (paths) => {
          const macros = ['--define', `_gpg_name ${fingerprint}`, '--define', '__gpg /usr/bin/gpg'];
          execFileSync('rpmsign', ['--addsign', ...macros, ...paths], {
            env: environment,
            stdio: 'pipe',
          });
        },
      };
    },
    revoked(key) {
      const elsewhere = makeGpg();
      try {
        const certificate = join(home, 'openpgp-revocs.d', `${key.fingerprint}.rev`);
        const file = join(elsewhere.home, 'both');
        writeFileSync(file, `${key.publicKey}\n`);
        elsewhere.run('--import', file);
        writeFileSync(file, readFileSync(certificate, 'utf8').replace(/^:/gm, ''));
        elsewhere.run('--import', file);
        return elsewhere.run('--armor', '--export', key.fingerprint).toString();
      } finally {
        elsewhere.dispose();
      }
    },
    dispose() {
      try {
        execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'], { stdio: 'ignore' });
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    },
  };
}

export function keyFile(key: GpgKey, name = 'vendor'): { path: string; text: string } {
  return { path: join('keys', `${name}.asc`), text: key.publicKey };
}
