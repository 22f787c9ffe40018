import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '../model/index.ts';
import type { Signer } from '../ports.ts';

export interface GpgSignerOptions {
  /** gpg's home, whose agent holds the keys or reaches the token. Short: sockets lie in it. */
  readonly home: string;
  /** Full fingerprints of the keys that sign here, the default one first. */
  readonly keys: readonly string[];
  /** File with the passphrase, mode 0600; absent: the agent knows it, or the key has none. */
  readonly passphraseFile?: string;
  /** Default `gpg`. */
  readonly program?: string;
  /** Default 60. */
  readonly deadlineSeconds?: number;
}

/**
 * Signs with gpg and its agent, so that keys may lie on a token. It makes the same packet that rpmsign would have it
 * make; where that goes in a package is up to us. Nothing is ever asked on a terminal. Throws `ToolMissing`,
 * `ToolFailed` and `KeyMissing`.
 */
export function gpgSigner(options: GpgSignerOptions): Signer {
  const created = new Map<string, number>();
  const creationOf = async (key: string): Promise<number> => {
    const known = created.get(key) ?? (await creationTime(options, key));
    created.set(key, known);
    return known;
  };
  return {
    keys: async () => options.keys,
    publicKey: async (key) => {
      const said = await gpg(options, ['--armor', '--export', key]);
      if (said.includes('BEGIN PGP PUBLIC KEY BLOCK')) return said;
      throw absent(options, key);
    },
    sign: async ({ key, bytes, dateSeconds }) => {
      const date = Math.max(dateSeconds, await creationOf(key));
      return await detached(options, { key, bytes, date });
    },
  };
}

async function creationTime(options: GpgSignerOptions, key: string): Promise<number> {
  const said = await gpg(options, ['--with-colons', '--list-keys', key]);
  const created = /^pub:(?:[^:]*:){4}(\d+):/m.exec(said)?.[1];
  if (created === undefined) throw absent(options, key);
  return Number(created);
}

/** gpg may end well and have signed nothing; only a signature on its output counts. */
async function detached(
  options: GpgSignerOptions,
  order: { readonly key: string; readonly bytes: Uint8Array; readonly date: number },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-sign-'));
  try {
    const file = join(folder, 'bytes');
    await writeFile(file, order.bytes, { mode: 0o600 });
    const time = new Date(order.date * 1000).toISOString().replaceAll(/[-:]|\.\d+Z/g, '');
    const how = ['--faked-system-time', `${time}!`, '--digest-algo', 'SHA512', '--armor'];
    const said = await gpg(options, [
      ...how,
      ...['--local-user', `${order.key}!`, '--output', '-', '--detach-sign', file],
    ]);
    if (/^-----BEGIN PGP SIGNATURE-----/.test(said)) return said;
    throw failed(options, 'it writes a signature', 'exit code 0 and no signature');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function gpg(options: GpgSignerOptions, args: readonly string[]): Promise<string> {
  const { home, program = 'gpg', passphraseFile, deadlineSeconds = 60 } = options;
  const unlock =
    passphraseFile === undefined
      ? ['--pinentry-mode', 'error']
      : ['--pinentry-mode', 'loopback', '--passphrase-file', passphraseFile];
  const fixed = ['--homedir', home, '--batch', '--no-tty', '--yes', '--no-options'];
  const { execa } = await import('execa');
  const result = await execa(program, [...fixed, ...unlock, ...args], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', HOME: home, GNUPGHOME: home },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: deadlineSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw new Fault('ToolMissing', {
      object: program,
      check: 'the program that signs with keys of an agent or a token',
      found: result.code === 'ENOENT' ? 'not installed' : 'not executable',
      fix: 'apt-get install gnupg, or correct signer.gpg.program in controller.yaml',
    });
  }
  if (result.timedOut) {
    throw failed(options, `it ends within ${deadlineSeconds} seconds`, 'still running');
  }
  if (result.exitCode !== 0) {
    throw failed(options, 'it ends well', result.stderr.split('\n').slice(-3).join(' '));
  }
  return result.stdout;
}

function failed({ home, program = 'gpg' }: GpgSignerOptions, check: string, found: string): Fault {
  return new Fault('ToolFailed', {
    object: `${program} --homedir ${home}`,
    check,
    found,
    fix: 'Check agent, token and passphrase (signer.passphraseFile): gpgconf --homedir HOME --kill gpg-agent starts the agent anew.',
  });
}

function absent({ home }: GpgSignerOptions, key: string): Fault {
  return new Fault('KeyMissing', {
    object: `key ${key}`,
    check: "it is in gpg's keyring",
    found: `none in ${home}`,
    fix: `Import it there, or correct signer.gpg.keys in controller.yaml.`,
  });
}
