import { describe, expect, test } from 'vitest';
import type { BuildState, Sha256 } from '../../src/model/index.ts';
import { explain } from '../../src/planner/index.ts';
import { planned, settle } from '../support/apply.ts';
import { fingerprint, type ModelWorld, world } from '../support/world.ts';
import { building } from '../support/world-builds.ts';

function built(): ModelWorld {
  const w = world().upstream('v').upstream('s', { tree: 'source' });
  const sign = { packages: fingerprint };
  w.channel('testing', { trees: ['x86_64'], base: ['v', 's'], sign });
  w.approvals({ testing: 'auto' }).offers('v', ['a-1-1.x86_64']).offers('s', ['a-1-1.src']);
  settle(
    building(w, ['a'], {
      approvals: { start: 'auto', build: 'auto', sign: 'auto', testing: 'auto' },
    }),
  );
  return w;
}

function change(w: ModelWorld, edit: (state: BuildState) => BuildState): BuildState {
  const [state] = w.state.builds.values();
  if (!state) throw new Error('nothing was built');
  const changed = edit(state);
  w.state.builds.set(changed.key, changed);
  return changed;
}

const other = 'f'.repeat(64) as Sha256;

/** As the second attempt ended, with other bytes or the same ones. */
function madeAgain(w: ModelWorld, sha256?: Sha256): void {
  change(w, (state) => {
    const [first] = state.records;
    if (first?.outcome !== 'built') throw new Error('nothing was built');
    const packages = first.packages.map((p) => ({ ...p, sha256: sha256 ?? p.sha256 }));
    const { retry: _, ...rest } = state;
    return { ...rest, records: [first, { ...first, attempt: 2, packages }] };
  });
}

describe('[I16] a build that came to its end', () => {
  test('is made again when an operator asks for it, and only then', () => {
    const w = built();
    expect(planned(w).steps).toEqual([]);
    const { key } = change(w, (state) => ({ ...state, retry: true }));
    expect(planned(w).steps).toMatchObject([
      { kind: 'build', key, attempt: 2, subject: 'update:build:a-1-1' },
    ]);
    change(w, (state) => ({ ...state, runningSince: 1 }));
    expect(planned(w).steps).toEqual([]);
  });

  test('into other bytes: told with both digests, and the first ones stay in force', () => {
    const w = built();
    const before = w.content('testing');
    const first = w.state.desired.updates.get('build:a-1-1')?.packages[0]?.sha256;
    madeAgain(w, other);
    const { notes, steps } = planned(w);
    expect(steps).toEqual([]);
    const told = notes.filter((n) => n.code === 'BuildNotReproducible');
    expect(told).toMatchObject([{ subject: 'update:build:a-1-1' }]);
    expect(told[0]?.text).toContain(`sha256 ${first} of attempt 1`);
    expect(told[0]?.text).toContain(`sha256 ${other} of attempt 2`);
    expect(explain(w.value(), 'a', 'testing').holds).toMatchObject(told);
    settle(w);
    expect(w.content('testing')).toBe(before);
  });

  test('into the same bytes: nothing is told', () => {
    const w = built();
    madeAgain(w);
    expect(planned(w).notes).toEqual([]);
  });
});
