import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { realDisk } from '../../src/edge/index.ts';
import type { ChannelSnapshot } from '../../src/model/index.ts';
import { clientView } from '../support/client-view.ts';
import { contentOf, heldPackages, hold } from '../support/held-packages.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';
import { publishedTree, startPublisher } from '../support/publishing-world.ts';

const switches = 100;
const disk = realDisk();
let root: string;
let expected: ReadonlySet<string>;
let contents: readonly ChannelSnapshot[];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sluice-readers-'));
  const held = heldPackages([{ name: 'alpha' }, { name: 'beta' }, { name: 'beta', version: '2' }]);
  await hold({ disk, root }, held);
  contents = [contentOf(held.slice(0, 2)), contentOf(held.slice(1)), contentOf(held)];
  const digests = (c: ChannelSnapshot) => c.trees.get('x86_64')?.packages.map((p) => p.sha256);
  expected = new Set(contents.map((c) => String(digests(c))));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Publishes one after another; `turned` resolves at the next switch. */
async function publishAll(turn: () => void): Promise<void> {
  const publisher = await startPublisher(disk, root, await openpgpSigner());
  for (let n = 0; n < switches; n += 1) {
    const content = contents[n % contents.length];
    if (content) await publisher.publish(content);
    turn();
  }
}

test('[K15] clients that read during a hundred switches get whole generations only', {
  timeout: 180_000,
}, async () => {
  let done = false;
  const waiting: (() => void)[] = [];
  const turned = () =>
    new Promise<void>((resolve) => {
      if (done) resolve();
      else waiting.push(resolve);
    });
  const turn = () => {
    for (const wake of waiting.splice(0)) wake();
  };
  const briefly = () => setTimeout(5);
  const seen = new Set<string>();
  const reader = async (pause: () => Promise<unknown>) => {
    let reads = 0;
    while (!done) {
      const view = await clientView(disk, join(root, publishedTree), pause);
      if (view) {
        expect(expected.has(view.packages.join())).toBe(true);
        seen.add(view.revision);
        reads += 1;
      } else await turned();
    }
    return reads;
  };
  // Fast ones, and slow ones that lose a generation between every two requests.
  const readers = Promise.allSettled([
    reader(briefly),
    reader(briefly),
    reader(turned),
    reader(turned),
  ]);
  await publishAll(turn);
  done = true;
  turn();
  for (const result of await readers) {
    expect(result).toMatchObject({ status: 'fulfilled' });
    if (result.status === 'fulfilled') expect(result.value).toBeGreaterThan(10);
  }
  expect(seen.size).toBeGreaterThan(switches / 2);
});
