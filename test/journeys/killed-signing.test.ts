import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { digestOf } from '../../src/model/index.ts';
import { type Gpg, makeGpg } from '../support/gpg.ts';
import { contentMetadata, type Site, site } from '../support/site.ts';

let whole: Site;
let gpg: Gpg;
let fingerprint = '';

beforeAll(async () => {
  whole = await site();
  gpg = makeGpg();
  const vendor = await buildVendor(join(whole.directory, 'vendor'), 1);
  const upstream = ['--upstream', `vendor=${vendor.url}`, '--key', vendor.keyFile];
  await whole.ask(['init', whole.policy, ...upstream]);
  fingerprint = await siteKeyInGpg();
  const file = join(whole.policy, 'channels/testing.yaml');
  const text = (await readFile(file, 'utf8')).replace(/^sign:.*\n/m, '');
  await writeFile(file, `${text.trimEnd()}\nsign: { packages: ${fingerprint} }\n`);
  await whole.git('commit', '-q', '-a', '-m', 'Sign packages');
  // Mirrored and decided, so that all that is left is signing and publishing.
  await withSigner(whole, 'exit 1');
  await whole.sluice('reconcile');
});
afterAll(async () => {
  gpg.dispose();
  await whole.remove();
});

/** The key that init made, in a keyring of the real gpg. */
async function siteKeyInGpg(): Promise<string> {
  gpg.run('--import', join(whole.state, 'keys/site.key.asc'));
  const listed = gpg.run('--with-colons', '--list-keys').toString();
  return /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
}

/** Lets a site sign with gpg, after a line of shell of its own for each signature that it is asked for. */
async function withSigner(at: Site, before: string): Promise<void> {
  const folder = join(at.state, 'signer');
  await mkdir(folder, { recursive: true });
  const program = join(folder, 'gpg');
  const shell = `case "$*" in *--detach-sign*) ${before};; esac\nexec gpg "$@"`;
  await writeFile(program, `#!/bin/sh\n${shell}\n`);
  await chmod(program, 0o755);
  const file = join(at.state, 'controller.yaml');
  const text = (await readFile(file, 'utf8')).replace(/^signer:.*\n/m, '');
  const settings = `{ home: ${gpg.home}, keys: [${fingerprint}], program: ${program} }`;
  await writeFile(file, `${text.trimEnd()}\nsigner: { gpg: ${settings} }\n`);
}

/** Counts the signatures that are asked for, and kills whoever asks for number `n` (several ask at a time). */
const killsAt = (folder: string, n: number): string =>
  `echo x >> ${folder}/count; [ $(wc -l < ${folder}/count) -ge ${n} ] && kill -9 $PPID && exit 1`;

/** Digests of all sources that are held, and of their bytes. */
async function intactSources(at: Site): Promise<number> {
  const root = join(at.state, 'packages/sha256');
  let intact = 0;
  for (const first of await readdir(root)) {
    for (const digest of await readdir(join(root, first))) {
      for (const name of await readdir(join(root, first, digest))) {
        expect(digestOf(await readFile(join(root, first, digest, name)))).toBe(digest);
        intact += 1;
      }
    }
  }
  return intact;
}

describe('killed while signing', () => {
  test('[J06] at any signature, the next run ends where an unbroken one does, and no source is touched', {
    timeout: 600_000,
  }, async () => {
    const unbroken = await whole.copiedTo(join(whole.directory, 'unbroken'));
    await withSigner(unbroken, `echo x >> ${unbroken.state}/signer/count`);
    await unbroken.sluice('reconcile');
    const expected = await contentMetadata(unbroken.state, 'testing/x86_64');
    expect(Object.keys(expected)).toHaveLength(3);
    const calls = (await readFile(join(unbroken.state, 'signer/count'), 'utf8')).length / 2;
    expect(calls).toBeGreaterThan(8);
    const sampled = process.env.SLUICE_SWEEP === 'all' ? everyOf(calls) : [1, calls - 1];
    for (const n of sampled) {
      const killed = await whole.copiedTo(join(whole.directory, `killed-${n}`));
      await withSigner(killed, killsAt(join(killed.state, 'signer'), n));
      expect((await killed.sluice('reconcile')).code, `at ${n}`).not.toBe(0);
      await intactSources(killed);
      await withSigner(killed, ':');
      await killed.sluice('reconcile');
      expect(await contentMetadata(killed.state, 'testing/x86_64'), `at ${n}`).toEqual(expected);
      expect(await killed.sluice('verify'), `at ${n}`).toMatchObject({ code: 0 });
      const left = await readdir(join(killed.state, 'staging'));
      expect(left.filter((name) => name !== 'git-home')).toEqual([]);
    }
  });
});

const everyOf = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, n) => n + 1);
