import { type Channel, type Freeze, type Hold, matchesGlob, nevraText } from '../../model/index.ts';
import { isInside, nextChange } from '../local-time.ts';
import type { Context } from '../world.ts';
import { type Entering, holdOf, type Judging } from './judging.ts';
import { passOf } from './passes.ts';

/** A freeze keeps everything out that was not there before; snapshots and rollbacks go on. */
export function gateFreeze(judging: Judging, { unit, judged }: Entering): Hold | undefined {
  if (judged.length === 0) return undefined;
  const freeze = freezesOf(judging.context, judging.channel).find((f) => f.triggers.length === 0);
  return freeze && holdOf(judging, unit.name, frozenBy(judging.context, freeze));
}

/**
 * What comes with a package that a freeze names as dangerous stops every admission, until a person has looked: by a
 * waiver for it, or by deleting the file.
 */
export function triggeredFreezes(
  judging: Judging,
  entering: readonly Entering[],
): { readonly holds: readonly Hold[]; readonly notes: readonly Hold[] } {
  const { context, channel } = judging;
  const waiting = entering.filter((e) => e.judged.length > 0);
  const freezes = freezesOf(context, channel).filter((f) => f.triggers.length > 0);
  if (!judging.state || freezes.length === 0) return { holds: [], notes: [] };
  const notes: Hold[] = [];
  for (const freeze of freezes) {
    for (const each of waiting) {
      const name = dangerous(freeze, each);
      if (name === undefined) continue;
      const pass = passOf(judging, each, 'freeze');
      if (pass) notes.push(pass);
      else return { holds: stopped(judging, waiting, { freeze, name }), notes: [] };
    }
  }
  return { holds: [], notes };
}

function dangerous(freeze: Freeze, { judged }: Entering): string | undefined {
  const found = judged.find((p) => freeze.triggers.some((glob) => matchesGlob(glob, p.name)));
  return found && nevraText(found);
}

function stopped(
  judging: Judging,
  waiting: readonly Entering[],
  by: { readonly freeze: Freeze; readonly name: string },
): readonly Hold[] {
  const { code, text } = frozenBy(judging.context, by.freeze);
  const awaits = `deletion of ${by.freeze.file}, or a waiver of the gate freeze for it`;
  const hold = { code, text: `${by.name} wants to enter: ${text}`, awaits, at: by.freeze.at };
  return waiting
    .filter((e) => passOf(judging, e, 'freeze') === undefined)
    .map(({ unit }) => holdOf(judging, unit.name, hold));
}

/** Freezes in force for a channel; those with triggers only wait for one. */
export function freezesOf({ desired, now }: Context, channel: Channel): readonly Freeze[] {
  return (desired.freezes ?? [])
    .filter(
      (f) =>
        (f.channels.length === 0 || f.channels.includes(channel.name)) &&
        (f.from === undefined || f.from <= now) &&
        (f.until === undefined || now < f.until) &&
        (f.weekly === undefined || isInside(f.weekly, now)),
    )
    .toSorted((a, b) => (a.file < b.file ? -1 : 1));
}

export function frozenBy(
  { now }: Pick<Context, 'now'>,
  freeze: Freeze,
): Pick<Hold, 'code' | 'text' | 'awaits' | 'until' | 'at'> {
  const ends = [freeze.until, freeze.weekly && nextChange(freeze.weekly, now)];
  const until = ends.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a));
  const lifting = `deletion of ${freeze.file}, or a waiver of the gate freeze`;
  return {
    code: 'Frozen',
    text: `${freeze.file} stops admissions: ${freeze.reason}`,
    awaits: until === undefined ? lifting : `time, or ${lifting}`,
    ...(until === undefined ? {} : { until }),
    at: freeze.at,
  };
}
