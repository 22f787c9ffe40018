import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectHeals, expectSeen, type Unbroken, unbroken } from '../support/coming-to-rest.ts';
import { hasStrace, type Point, runWith, someOf } from '../support/sweep.ts';
import { clientsSee, type Stage, sweptStages } from '../support/swept-site.ts';

/** Points tried of each command and error; all of them with SLUICE_SWEEP=all. */
const wanted = 8;
let stages: Awaited<ReturnType<typeof sweptStages>>;

beforeAll(async () => {
  if (hasStrace) stages = await sweptStages();
}, 300_000);
afterAll(() => stages?.remove());

type Errno = 'EIO' | 'ENOSPC';
type Ending = 'refused' | 'done all the same' | 'not reached';

/** Files that have another name in every run cannot be named to strace; a full disk meets them in full-disk. */
const nameable = ({ call, on }: Point): boolean =>
  call !== 'write' || !/[0-9a-f]{8}-[0-9a-f]{4}-/.test(on.path);

/** One refused call and what comes after it. */
async function refusedAt(
  stage: Stage,
  clean: Unbroken,
  { point, errno }: { readonly point: Point; readonly errno: Errno },
): Promise<Ending> {
  const name = `${errno}-${point.call}-${point.number}`;
  const copy = await stage.site.copiedTo(join(stage.site.directory, name));
  const run = await runWith(copy, stage.args, { point, injection: `error=${errno}` });
  await expectSeen(copy, clean);
  const reached = run.hit?.includes(copy.state) ?? false;
  const settled = run.code === 0 || run.code === 1;
  if (reached) expect(run.said, run.hit).not.toMatch(/^\s+at /m);
  if (reached && settled) expect(await clientsSee(copy)).toEqual(clean.views[1]);
  else if (reached) expect([5, 6, 7], `${run.hit}\n${run.said}`).toContain(run.code);
  await expectHeals(copy, stage, clean);
  await rm(copy.directory, { recursive: true });
  if (!reached) return 'not reached';
  return settled ? 'done all the same' : 'refused';
}

describe.skipIf(!hasStrace)('the disk refuses a call once', () => {
  for (const name of ['sync', 'point', 'revert']) {
    test(`[K04] [K05] [K06] ${name}: refused or done, and the next run ends where it should`, {
      timeout: 3_600_000,
    }, async () => {
      const stage = stages.stages.find((each) => each.name === name);
      if (!stage) throw new Error(name);
      const clean = await unbroken(stage);
      for (const errno of ['EIO', 'ENOSPC'] as const) {
        const endings: Ending[] = [];
        const failed: string[] = [];
        const points = someOf(clean.points.filter(nameable), wanted);
        for (const point of points) {
          const what = { point, errno };
          const ending = await refusedAt(stage, clean, what).catch((error: unknown) => {
            failed.push(`${point.call} ${point.number}: ${error}`);
          });
          if (ending) endings.push(ending);
        }
        const count = (ending: Ending) => endings.filter((each) => each === ending).length;
        process.stdout.write(
          `${name} ${errno}: ${points.length} of ${clean.points.length} points, ${count('refused')} refused, ${count('done all the same')} done all the same, ${count('not reached')} elsewhere, ${failed.length} silent or damaged\n`,
        );
        expect(failed).toEqual([]);
        expect(count('refused')).toBeGreaterThan(0);
      }
    });
  }
});
