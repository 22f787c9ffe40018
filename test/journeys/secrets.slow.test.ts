import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { encryptKey, readPrivateKey } from 'openpgp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main, type Site } from '../support/site.ts';
import { vendorSite } from '../support/vendor-site.ts';

const passphrase = 'canary-passphrase';
let here: Site;
let passphraseFile: string;

/** A site whose key is opened by a passphrase in a file. */
beforeAll(async () => {
  ({ here } = await vendorSite());
  const keys = join(here.state, 'keys');
  const [name = ''] = readdirSync(keys).filter((file) => file.endsWith('.key.asc'));
  const key = await readPrivateKey({ armoredKey: await readFile(join(keys, name), 'utf8') });
  const locked = await encryptKey({ privateKey: key, passphrase });
  await writeFile(join(keys, name), locked.armor(), { mode: 0o600 });
  passphraseFile = join(here.directory, 'passphrase');
  await writeFile(passphraseFile, `${passphrase}\n`, { mode: 0o600 });
  await writeFile(
    join(here.state, 'controller.yaml'),
    `signer: { passphraseFile: ${passphraseFile} }\n`,
  );
});
afterAll(() => here.remove());

/** Runs a verb with one more secret in its environment; what it and all its children were started with, and said. */
async function watched(...args: readonly string[]) {
  const log = join(here.directory, 'started.trace');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', main, ...args];
  const strace = ['-f', '-qq', '-v', '-s', '4096', '-e', 'trace=execve', '-o', log];
  const { all, exitCode } = await execa('strace', [...strace, ...node], {
    env: { ...here.environment(), SITE_TOKEN: 'canary-environment' },
    ...{ extendEnv: false, reject: false, all: true, cwd: here.directory },
  });
  const started = readFileSync(log, 'utf8').split('\n');
  // The first is the program itself.
  return { code: exitCode, said: all, started: started.slice(1).filter((line) => line !== '') };
}

const filesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

test.skipIf(spawnSync('strace', ['-V']).status !== 0)(
  '[H07] secrets are in no argument, environment, message or file of a whole pass',
  { timeout: 120_000 },
  async () => {
    const run = await watched('reconcile');
    expect([0, 1]).toContain(run.code);
    expect(run.said).toContain('testing serves generation testing/1');
    expect(run.started.length).toBeGreaterThan(3);
    expect(run.started.filter((line) => line.includes('canary'))).toEqual([]);
    await writeFile(passphraseFile, 'canary-wrong\n');
    const refused = await watched('reconcile');
    expect(`${run.said}${refused.said}`).not.toContain('canary');
    const read = [...filesBelow(here.state), ...filesBelow(here.policy)];
    expect(read.filter((path) => readFileSync(path).includes('canary'))).toEqual([]);
  },
);
