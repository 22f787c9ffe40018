import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectHeals, expectSeen, type Unbroken, unbroken } from '../support/coming-to-rest.ts';
import { hasStrace, type Point, runWith, someOf } from '../support/sweep.ts';
import { type Stage, sweptStages } from '../support/swept-site.ts';

/** Points tried of each command; all of them with SLUICE_SWEEP=all. */
const wanted = 24;
let stages: Awaited<ReturnType<typeof sweptStages>>;

beforeAll(async () => {
  if (hasStrace) stages = await sweptStages();
}, 300_000);
afterAll(() => stages?.remove());

/** One death and what comes after it; returns whether the program got that far. */
async function killedAt(stage: Stage, clean: Unbroken, point: Point): Promise<boolean> {
  const name = `${point.call}-${point.number}`;
  const copy = await stage.site.copiedTo(join(stage.site.directory, name));
  const run = await runWith(copy, stage.args, { point, injection: 'signal=KILL' });
  await expectSeen(copy, clean);
  await expectHeals(copy, stage, clean);
  await rm(copy.directory, { recursive: true });
  return run.code !== 0 && run.code !== 1;
}

describe.skipIf(!hasStrace)('the program is killed', () => {
  for (const name of ['sync', 'point', 'revert', 'pin', 'gc']) {
    const cases = `[K01]${{ pin: ' [K17]', gc: ' [K18]' }[name] ?? ''}`;
    test(`${cases} before any change on disk of ${name}`, { timeout: 3_600_000 }, async () => {
      const stage = stages.stages.find((each) => each.name === name);
      if (!stage) throw new Error(name);
      const clean = await unbroken(stage);
      const points = someOf(clean.points, wanted);
      let killed = 0;
      const failed: string[] = [];
      for (const point of points) {
        try {
          if (await killedAt(stage, clean, point)) killed += 1;
        } catch (error) {
          failed.push(`${point.call} ${point.number}: ${error}`);
        }
      }
      process.stdout.write(
        `${name}: ${points.length} of ${clean.points.length} points, ${killed} killed, ${failed.length} torn, lost or doubled\n`,
      );
      expect(failed).toEqual([]);
      expect(killed).toBeGreaterThan(points.length / 2);
    });
  }

  test('[K14] and every recovery after it, five times in a row', {
    timeout: 3_600_000,
  }, async () => {
    const stage = stages.stages.find((each) => each.name === 'point');
    if (!stage) throw new Error('point');
    const clean = await unbroken(stage);
    for (const [index, first] of someOf(clean.points, 3).entries()) {
      const copy = await stage.site.copiedTo(join(stage.site.directory, `again-${index}`));
      const again = clean.points.filter((_, n) => n % 5 === index).slice(0, 5);
      for (const point of [first, ...again]) {
        await runWith(copy, stage.args, { point, injection: 'signal=KILL' });
        await expectSeen(copy, clean);
      }
      await expectHeals(copy, stage, clean);
      await rm(copy.directory, { recursive: true });
    }
  });
});
