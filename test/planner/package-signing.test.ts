import { expect, test } from 'vitest';
import type { Sha256, Step, Update } from '../../src/model/index.ts';
import { plan } from '../../src/planner/index.ts';
import { settle } from '../support/apply.ts';
import { fingerprint, type ModelWorld, world } from '../support/world.ts';
import { pkg } from '../support/world-packages.ts';

const site = (packages: string): ModelWorld =>
  world()
    .upstream('v')
    .channel('testing', { base: ['v'], sign: { packages } })
    .approvals({ testing: 'auto' })
    .offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']);

const kinds = (steps: readonly Step[]) => steps.map((s) => s.kind);

test('a channel that signs its packages signs before it assembles, and only what lacks its form', () => {
  const w = site(fingerprint);
  w.pin('testing', 'v');
  const { steps } = plan(w.value());
  expect(kinds(steps)).toEqual(['sign', 'assemble', 'point']);
  const [first] = steps;
  expect(first).toMatchObject({ kind: 'sign', channel: 'testing', signingKey: fingerprint });
  expect(steps[1]).toMatchObject({ record: { packageKey: fingerprint } });

  const form = { sha256: 'f'.repeat(64) as Sha256, sizeBytes: 1 };
  const known = new Map([[pkg('a-1-1.x86_64').sha256, form]]);
  w.state.signed = new Map([[fingerprint, known]]);
  const [rest] = plan(w.value()).steps;
  expect(rest?.kind === 'sign' && rest.packages.map((p) => p.name)).toEqual(['b']);
  w.state.signed = new Map([
    [fingerprint, new Map([...known, [pkg('b-1-1.x86_64').sha256, form]])],
  ]);
  expect(kinds(plan(w.value()).steps)).toEqual(['assemble', 'point']);
});

test('another answer to who signs the packages is another generation', () => {
  const w = site('keep');
  settle(w);
  w.change('testing', (c) => ({ ...c, sign: { packages: fingerprint } }));
  expect(kinds(plan(w.value()).steps)).toEqual(['sign', 'assemble', 'point']);
});

test('a key that is not here holds the channel, and nothing is assembled', () => {
  const w = site('B'.repeat(40));
  w.pin('testing', 'v');
  const { steps, holds } = plan(w.value());
  expect(kinds(steps)).toEqual([]);
  expect(holds.map((h) => h.code)).toEqual(['KeyMissing']);
});

/** The update of something that was built here. */
function built(w: ModelWorld): ModelWorld {
  w.offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64', 'c-1-1.site.x86_64']);
  const source = { nevra: 'c-1-1.src', sha256: 'e'.repeat(64) as Sha256, upstream: 'v' };
  const results = { x86_64: 'd'.repeat(64) as Sha256 };
  const build: NonNullable<Update['build']> = { source, wanted: true, results };
  return w.update('c-1', ['c-1-1.site.x86_64'], { build }).promote('testing', 'c-1');
}

test.each([
  ['keep', ['BuiltUnsigned']],
  ['unsigned', []],
  [fingerprint, []],
])('what was built here, in a channel with packages: %s', (packages, codes) => {
  const w = site(packages);
  settle(w);
  built(w);
  const { holds } = plan(w.value());
  expect(holds.filter((h) => h.subject === 'promotion:c-1').map((h) => h.code)).toEqual(codes);
});

test('a channel that stops signing holds while it has what was built here', () => {
  const w = site(fingerprint);
  settle(w);
  built(w);
  settle(w);
  expect(w.serves('testing')).toContain('c-1-1.site.x86_64');
  w.change('testing', (c) => ({ ...c, sign: { packages: 'keep' } }));
  const { steps, holds } = plan(w.value());
  expect(kinds(steps)).not.toContain('point');
  expect(holds.map((h) => [h.code, h.subject])).toContainEqual([
    'BuiltUnsigned',
    'channel:testing',
  ]);
});
