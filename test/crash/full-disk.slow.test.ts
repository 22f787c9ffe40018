import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectHeals, expectSeen, type Unbroken, unbroken } from '../support/coming-to-rest.ts';
import type { Site } from '../support/site.ts';
import { someOf } from '../support/sweep.ts';
import { clientsSee, type Stage, sweptStages } from '../support/swept-site.ts';

const mounted = mkdtempSync(join(tmpdir(), 'sluice-full-'));
const blockBytes = 4096;
const mount = (options: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', mounted]).status === 0;
const unmount = () => spawnSync('umount', [mounted]);
/** A small file system needs root. */
const canMount = mount('size=1m');
if (canMount) unmount();

let stages: Awaited<ReturnType<typeof sweptStages>>;
beforeAll(async () => {
  if (canMount) stages = await sweptStages();
}, 300_000);
afterAll(async () => {
  await stages?.remove();
  rmSync(mounted, { recursive: true, force: true });
});

/** What is left over after the copy, in blocks or in inodes. */
type Room = { readonly blocks: number } | { readonly inodes: number };

/** State and policy repository on a file system with that much room left. */
async function onSmallDisk(stage: Stage, room: Room): Promise<Site> {
  mount('size=256m,nr_inodes=20000');
  const copy = await stage.site.copiedTo(join(mounted, 'copy'));
  const { blocks, bfree, files, ffree } = statfsSync(mounted);
  const limit =
    'blocks' in room
      ? `size=${(blocks - bfree + room.blocks) * blockBytes}`
      : `nr_inodes=${files - ffree + room.inodes}`;
  expect(spawnSync('mount', ['-o', `remount,${limit}`, mounted]).status).toBe(0);
  return copy;
}

/** One run without enough room, and one with it; says how the first ended. */
async function fullAt(stage: Stage, clean: Unbroken, room: Room): Promise<number> {
  try {
    const copy = await onSmallDisk(stage, room);
    const run = await copy.sluice(...stage.args);
    await expectSeen(copy, clean);
    expect(run.stderr).not.toMatch(/^\s+at /m);
    if (run.code === 0 || run.code === 1) expect(await clientsSee(copy)).toEqual(clean.views[1]);
    else expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(6);
    spawnSync('mount', ['-o', 'remount,size=256m,nr_inodes=20000', mounted]);
    await expectHeals(copy, stage, clean);
    return run.code;
  } finally {
    unmount();
  }
}

const rooms: readonly Room[] = [
  ...[0, 1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 80, 96, 112].map((blocks) => ({ blocks })),
  ...[0, 2, 5, 10, 20, 30, 40, 60, 80].map((inodes) => ({ inodes })),
];

describe.skipIf(!canMount)('the disk is full', () => {
  for (const name of ['sync', 'point', 'revert']) {
    test(`[K06] ${name} without enough bytes or inodes: refused, and done once there is room`, {
      timeout: 3_600_000,
    }, async () => {
      const stage = stages.stages.find((each) => each.name === name);
      if (!stage) throw new Error(name);
      const clean = await unbroken(stage);
      const codes: number[] = [];
      const failed: string[] = [];
      const tried = someOf(rooms, 8);
      for (const room of tried) {
        const code = await fullAt(stage, clean, room).catch((error: unknown) => {
          failed.push(`${JSON.stringify(room)}: ${error}`);
        });
        if (code !== undefined) codes.push(code);
      }
      const refused = codes.filter((code) => code > 1).length;
      process.stdout.write(
        `${name}: ${tried.length} sizes, ${refused} refused, ${failed.length} silent or damaged\n`,
      );
      expect(failed).toEqual([]);
      expect(refused).toBeGreaterThan(2);
    });
  }
});
