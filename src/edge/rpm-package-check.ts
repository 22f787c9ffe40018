import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault, type PackageCheckVerdict } from '../model/index.ts';
import type { PackageCheck } from '../ports.ts';

/** Files given to one rpmkeys; it needs about 6 ms for each. */
const filesAtOnce = 64;
const deadlineSeconds = 120;

/**
 * The `PackageCheck` port: `rpmkeys` with an empty database of its own, into which only the one key goes. Its exit code
 * says little, so every line is read: all digests and a signature by this key must be `OK`. Throws `ToolMissing` and
 * `ToolFailed`.
 */
export function rpmPackageCheck(): PackageCheck {
  return {
    check: async (key, paths) => {
      const folder = await mkdtemp(join(tmpdir(), 'sluice-rpmkeys-'));
      try {
        const file = join(folder, 'key.asc');
        await writeFile(file, key.armored);
        const imported = await rpmkeys(folder, ['--import', file]);
        if (imported.code !== 0) throw refusedKey(key.fingerprint, imported.said);
        const verdicts: PackageCheckVerdict[] = [];
        for (let from = 0; from < paths.length; from += filesAtOnce) {
          const some = paths.slice(from, from + filesAtOnce);
          const { said } = await rpmkeys(folder, ['-Kv', ...some]);
          const parts = partsOf(said, some);
          verdicts.push(...some.map((path) => verdictOn(parts.get(path) ?? '', key.fingerprint)));
        }
        return verdicts;
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function rpmkeys(database: string, args: readonly string[]) {
  const level = ['--define', '_pkgverify_level all'];
  const { execa } = await import('execa');
  const result = await execa('rpmkeys', ['--dbpath', database, ...level, ...args], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC', HOME: database },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: deadlineSeconds * 1000,
  });
  if (result.code === 'ENOENT') {
    throw new Fault('ToolMissing', {
      object: 'rpmkeys',
      check: 'the program that checks every signature before it is published',
      found: 'not installed',
      fix: 'apt-get install rpm (or dnf install rpm-sign on the RPM family)',
    });
  }
  if (result.exitCode === undefined) {
    throw new Fault('ToolFailed', {
      object: 'rpmkeys',
      check: `ends within ${deadlineSeconds} seconds`,
      found: result.timedOut ? 'still running' : `ended by ${result.signal ?? 'a signal'}`,
      fix: 'Run `sluice reconcile` again; if it stays, check the disk and the load of the machine.',
    });
  }
  return { code: result.exitCode, said: result.all };
}

/** What it says of each file: the lines after `<path>:`. */
function partsOf(said: string, paths: readonly string[]): ReadonlyMap<string, string> {
  const headings = new Map(paths.map((path) => [`${path}:`, path]));
  const parts = new Map<string, string>();
  let current: string | undefined;
  for (const line of said.split('\n')) {
    const heading = headings.get(line.trimEnd());
    if (heading !== undefined) current = heading;
    else if (current !== undefined && line.trim() !== '') {
      parts.set(current, `${parts.get(current) ?? ''}${line.trim()}; `);
    }
  }
  return parts;
}

/** `Header V4 RSA/SHA512 Signature, key ID 93d5b1e8: OK`; newer versions print the fingerprint. */
const signatureLine = /Signature, key (?:ID|fingerprint:) ([0-9a-f]{8,64}): OK/i;

function verdictOn(said: string, fingerprint: string): PackageCheckVerdict {
  const lines = said.split('; ').filter((line) => line !== '');
  const good = lines.length > 0 && lines.every((line) => line.endsWith(': OK'));
  const ours = lines.some((line) => {
    const id = signatureLine.exec(line)?.[1];
    return id !== undefined && fingerprint.endsWith(id.toUpperCase());
  });
  return { accepted: good && ours, said: lines.join('; ') || 'nothing' };
}

function refusedKey(fingerprint: string, said: string): Fault {
  return new Fault('KeyUnusable', {
    object: `key ${fingerprint}`,
    check: 'rpm takes it into its keyring',
    found: said.slice(0, 300),
    fix: 'Sign with an RSA key of version 4 or an older EdDSA key, as `sluice key new` makes it.',
  });
}
