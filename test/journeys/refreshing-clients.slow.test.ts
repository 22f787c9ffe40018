import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Machine, machine } from '../../src/cli/demo/machine.ts';
import { buildVendor, type Vendor } from '../../src/cli/demo/vendor.ts';
import type { Site } from '../support/site.ts';
import { channelRepository, vendorSite } from '../support/vendor-site.ts';

const switches = 6;
let here: Site;
let vendor: Vendor;
const machines: Machine[] = [];

/** The channel testing with two generations: the vendor's first content, and its update. */
beforeAll(async () => {
  ({ here, vendor } = await vendorSite());
  await here.ask(['reconcile'], [0, 1]);
  await buildVendor(join(here.directory, 'vendor'), 2);
  await here.ask(['reconcile', '--sync'], [0, 1]);
});
afterAll(async () => {
  for (const each of machines) await each.dispose();
  await here.remove();
});

/** A machine that has nothing installed yet, and asks for both keys' signatures on everything. */
async function client(name: string): Promise<Machine> {
  const made = await machine(here.directory, {
    name,
    repositories: [channelRepository(here, 'testing', [vendor.keyFile])],
  });
  machines.push(made);
  return made;
}

/** Fetches metadata and a package of it anew until it is told to stop; what it was told each time. */
function refreshing(of: Machine) {
  const answers: string[] = [];
  let stopped = false;
  const ending = (async () => {
    while (!stopped) {
      const place = join(of.root, 'downloaded');
      const { code, output } = await of.dnf([
        'install',
        '--downloadonly',
        `--destdir=${place}`,
        'hello',
      ]);
      await rm(place, { recursive: true, force: true });
      answers.push(code === 0 ? (/hello\s+x86_64\s+(\S+)/.exec(output)?.[1] ?? output) : output);
    }
    return answers;
  })();
  return () => {
    stopped = true;
    return ending;
  };
}

test('[K16] real dnf clients in a loop during switches get one generation or the other, whole', {
  timeout: 600_000,
}, async () => {
  const loops = [await client('first'), await client('second')].map(refreshing);
  await here.ask(['rollback', 'testing', '--to', '1']);
  for (let n = 0; n < switches; n += 1) {
    await here.ask(['reconcile'], [0, 1]);
    await here.git('revert', '--no-edit', 'HEAD');
  }
  const answers = await Promise.all(loops.map((stop) => stop()));
  for (const each of answers) {
    expect(new Set(each)).toEqual(new Set(['1.0-1', '1.1-1']));
    expect(each.length).toBeGreaterThan(switches);
  }
});
