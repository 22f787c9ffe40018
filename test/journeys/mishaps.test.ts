import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { contentMetadata, main, type Site } from '../support/site.ts';
import { vendorSite } from '../support/vendor-site.ts';

let here: Site;
let before: unknown;

/** testing serves the vendor's first content, and his second waits to be mirrored and published. */
beforeAll(async () => {
  ({ here } = await vendorSite());
  await here.ask(['reconcile'], [0, 1]);
  before = await served();
  await buildVendor(join(here.directory, 'vendor'), 2);
});
afterAll(() => here.remove());

const served = () => contentMetadata(here.state, 'testing/x86_64');

/** `sluice reconcile --sync` in a process with other options of Node.js. */
async function reconcileWith(...options: readonly string[]) {
  const flags = ['--disable-warning=ExperimentalWarning', ...options, main];
  const { exitCode, signal, stderr } = await execa(
    process.execPath,
    [...flags, 'reconcile', '--sync'],
    { env: here.environment(), extendEnv: false, reject: false, cwd: here.directory },
  );
  return { exitCode, signal, stderr };
}

/** A module that goes wrong where nobody waits for it, as soon as the journal was opened. */
async function mishap(name: string, what: string): Promise<string> {
  const path = join(here.directory, `${name}.mjs`);
  const wait = "process.argv.includes('reconcile') && setTimeout(go, 400);";
  await writeFile(path, `const go = () => { ${what} };\n${wait}\n`);
  return `--import=file://${path}`;
}

describe('[K24] a mishap that nobody caught', () => {
  test.for([
    ['thrown', "throw new Error('lost in a timer');", 'lost in a timer'],
    ['rejected', "void Promise.reject(new Error('lost in a promise'));", 'lost in a promise'],
  ] as const)('%s: told, exit 8, and what is served is whole', async ([name, what, message]) => {
    const run = await reconcileWith(await mishap(name, what));
    expect(run).toMatchObject({ exitCode: 8, stderr: expect.stringContaining(message) });
    expect(run.stderr).toContain('report this');
    expect((await here.sluice('verify')).code).toBe(0);
  });

  test('no memory left: not an answer of this program, and what is served is whole', async () => {
    const run = await reconcileWith('--max-old-space-size=10');
    expect(run.signal ?? run.exitCode).not.toBe(0);
    expect([0, 1, 2, 3, 4]).not.toContain(run.exitCode);
    expect((await here.sluice('verify')).code).toBe(0);
  });

  test('the next run does what they did not', async () => {
    await here.ask(['reconcile', '--sync'], [0, 1]);
    expect(await served()).not.toEqual(before);
  });
});
