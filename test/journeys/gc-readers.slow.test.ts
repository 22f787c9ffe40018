import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildVendor } from '../../src/cli/demo/vendor.ts';
import { ended, type RunningController, startController } from '../support/running-controller.ts';
import type { Site } from '../support/site.ts';
import { vendorSite } from '../support/vendor-site.ts';

const cases = '[K18]';
let here: Site;
let controller: RunningController;

/** Only a client that reads it at its own address still wants the content of testing's second generation. */
beforeAll(async () => {
  ({ here } = await vendorSite());
  await here.ask(['reconcile'], [0, 1]);
  await here.ask(['pr', 'merge', '1']);
  await here.ask(['reconcile'], [0, 1]);
  await buildVendor(join(here.directory, 'vendor'), 2);
  await here.ask(['reconcile', '--sync'], [0, 1]);
  await here.ask(['rollback', 'testing', '--to', '1']);
  await here.ask(['reconcile'], [0, 1]);
  for (const { number } of (await here.ask<Proposals>(['pr', 'list'])).proposals) {
    await here.ask(['pr', 'close', String(number)]);
  }
  here.wait(60 * 86_400);
  controller = await startController(here.policy, here.environment());
}, 300_000);
afterAll(async () => {
  controller?.process.kill('SIGKILL');
  await here.remove();
});

interface Proposals {
  readonly proposals: readonly { readonly number: number }[];
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function got(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${response.status} for ${url}`);
  return Buffer.from(await response.arrayBuffer());
}

/** Everything that a repository names, each with the digest that it was promised by. */
async function readAll(tree: string): Promise<void> {
  const repomd = (await got(`${tree}/repodata/repomd.xml`)).toString();
  const href = /href="(repodata\/([0-9a-f]{64})-primary[^"]*)"/.exec(repomd);
  const packed = await got(`${tree}/${href?.[1]}`);
  if (sha256(packed) !== href?.[2]) throw new Error(`other bytes at ${href?.[1]}`);
  const primary = gunzipSync(packed).toString();
  for (const [, digest, path] of primary.matchAll(
    /pkgid="YES">([0-9a-f]{64})<[\s\S]*?<location href="([^"]*)"/g,
  )) {
    if (sha256(await got(`${tree}/${path}`)) !== digest) throw new Error(`other bytes at ${path}`);
  }
}

/** Reads again and again until it is told to stop; how often it did, and what it could not read. */
function reader(tree: string) {
  const seen = { rounds: 0, failed: [] as string[] };
  let stopped = false;
  const ending = (async () => {
    while (!stopped) {
      await readAll(tree).catch((error) => seen.failed.push(String(error)));
      seen.rounds += 1;
      await new Promise((done) => setTimeout(done, 20));
    }
    return seen;
  })();
  return {
    stop: () => {
      stopped = true;
      return ending;
    },
  };
}

const contentOf = async (channel: string, number: number): Promise<string> => {
  const { generations } = await here.ask<{
    readonly generations: readonly { readonly number: number; readonly content: string }[];
  }>(['history', channel]);
  return generations.find((g) => g.number === number)?.content.slice(7) ?? '';
};

test(`${cases} gc while publishing and while readers download: no reader misses a byte`, {
  timeout: 300_000,
}, async () => {
  const old = await contentOf('testing', 2);
  const readers = ['testing', 'production', `snapshots/${old}`].map((path) =>
    reader(`${controller.url}/${path}/x86_64`),
  );
  await readAll(`${controller.url}/snapshots/${old}/x86_64`);
  const collect = () =>
    here.ask<{ readonly removable: readonly object[] }>(['gc', '--newest', '1', '--days', '1']);
  const collected = [await collect()];
  const publishing = (async () => {
    await here.git('revert', '--no-edit', 'HEAD');
    await here.ask(['reconcile'], [0, 1]);
    await here.ask(['rollback', 'testing', '--to', '1']);
    await here.ask(['reconcile'], [0, 1]);
  })();
  collected.push(await collect(), await collect());
  await publishing;
  const seen = await Promise.all(readers.map((r) => r.stop()));
  expect(seen.map((s) => s.failed)).toEqual([[], [], []]);
  for (const { rounds } of seen) expect(rounds).toBeGreaterThan(3);
  expect(collected.flatMap((c) => c.removable).length).toBeGreaterThan(0);

  const gone = ended(controller.process);
  controller.process.kill('SIGKILL');
  await gone;
  await collect();
  expect((await collect()).removable).toEqual([]);
  expect(await here.sluice('verify')).toMatchObject({ code: 0 });
  expect(await readdir(join(here.state, 'leases'))).toEqual([old]);
});
