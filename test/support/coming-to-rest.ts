import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Site } from './site.ts';
import { type Point, pointsOf } from './sweep.ts';
import { clientsSee, journalOf, type Rest, restOf, type Stage } from './swept-site.ts';

/** How a stage goes when nothing happens to it. */
export interface Unbroken {
  readonly points: readonly Point[];
  readonly rest: Rest;
  /** What clients may see: one text per channel before the command, one after it. */
  readonly views: readonly [readonly string[], readonly string[]];
  readonly journal: string;
}

export async function unbroken(stage: Stage): Promise<Unbroken> {
  const copy = await stage.site.copiedTo(join(stage.site.directory, 'unbroken'));
  const before = await clientsSee(copy);
  const journal = await journalOf(copy);
  const points = await pointsOf(copy, stage.args);
  for (const args of stage.then) await copy.ask(args, [0, 1]);
  const [rest, after] = [await restOf(copy), await clientsSee(copy)];
  await rm(copy.directory, { recursive: true });
  return { points, rest, views: [before, after], journal };
}

/** Every channel is the whole of the old or the whole of the new generation, and the journal lost nothing. */
export async function expectSeen(copy: Site, clean: Unbroken): Promise<void> {
  for (const [index, view] of (await clientsSee(copy)).entries()) {
    expect(clean.views.map((v) => v[index])).toContain(view);
  }
  expect((await journalOf(copy)).startsWith(clean.journal)).toBe(true);
}

/** The same command again ends where the unbroken run ended: nothing torn, lost or done twice. */
export async function expectHeals(copy: Site, stage: Stage, clean: Unbroken): Promise<void> {
  const journal = await journalOf(copy);
  for (const args of [stage.args, ...stage.then]) await copy.ask(args, [0, 1]);
  expect((await journalOf(copy)).startsWith(journal)).toBe(true);
  expect(await restOf(copy)).toEqual(clean.rest);
  expect(await copy.sluice('verify')).toMatchObject({ code: 0 });
}
