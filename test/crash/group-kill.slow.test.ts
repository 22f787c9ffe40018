import { execFileSync, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectHeals, expectSeen, unbroken } from '../support/coming-to-rest.ts';
import { main, type Site } from '../support/site.ts';
import { someOf } from '../support/sweep.ts';
import { type Stage, sweptStages } from '../support/swept-site.ts';

let stages: Awaited<ReturnType<typeof sweptStages>> | undefined;
beforeAll(async () => {
  if (onDemand) stages = await sweptStages();
}, 300_000);
afterAll(() => stages?.remove());

/** Runs a verb; after the delay the program and every git below it are gone at once. */
async function killedAfter(site: Site, args: readonly string[], delay?: number): Promise<number> {
  const node = ['--disable-warning=ExperimentalWarning', main, ...args];
  const begun = performance.now();
  const options = { env: { ...site.environment() }, cwd: site.directory, stdio: 'ignore' } as const;
  const child = spawn(process.execPath, node, options);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (delay !== undefined) {
    await Promise.race([ended, setTimeout(delay)]);
    if (child.exitCode === null && child.pid !== undefined) killTree(child.pid);
  }
  await ended;
  return performance.now() - begun;
}

/** Stopped first, so that nobody is born meanwhile; git's own groups are only found by parentage. */
function killTree(root: number): void {
  process.kill(root, 'SIGSTOP');
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = rows.map((row) => row.trim().split(/ +/).map(Number));
  const doomed = new Set([root]);
  for (let size = 0; size < doomed.size; ) {
    size = doomed.size;
    for (const [pid = 0, parent = 0] of pairs) if (doomed.has(parent)) doomed.add(pid);
  }
  for (const pid of doomed) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

async function duration(stage: Stage): Promise<number> {
  const copy = await stage.site.copiedTo(join(stage.site.directory, 'timed'));
  const milliseconds = await killedAfter(copy, stage.args);
  await rm(copy.directory, { recursive: true });
  return milliseconds;
}

// By the clock, so one moment in hundreds hits the policy repository's own git in the middle of its working tree, which
// only a person can mend (docs/crash-sweeps.md, known limits). Run on demand: SLUICE_SWEEP=all.
const onDemand = process.env.SLUICE_SWEEP === 'all';

describe.runIf(onDemand)('the program and every git it has started are killed', () => {
  for (const name of ['sync', 'revert', 'pin']) {
    test(`[K01] at any time of ${name}`, { timeout: 3_600_000 }, async () => {
      const stage = stages?.stages.find((each) => each.name === name);
      if (!stage) throw new Error(name);
      const clean = await unbroken(stage);
      const whole = await duration(stage);
      const moments = someOf(
        Array.from({ length: 60 }, (_, n) => ((n + 1) / 61) * whole),
        12,
      );
      const failed: string[] = [];
      for (const [index, moment] of moments.entries()) {
        const copy = await stage.site.copiedTo(join(stage.site.directory, `moment-${index}`));
        try {
          await killedAfter(copy, stage.args, moment);
          await expectSeen(copy, clean);
          await expectHeals(copy, stage, clean);
          await rm(copy.directory, { recursive: true });
        } catch (error) {
          failed.push(`after ${Math.round(moment)} of ${Math.round(whole)} ms: ${error}`);
        }
      }
      process.stdout.write(
        `${name}: ${moments.length} moments, ${failed.length} torn, lost or doubled\n`,
      );
      expect(failed).toEqual([]);
    });
  }
});
