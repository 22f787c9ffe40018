import { expect, test } from 'vitest';
import { placeText } from '../../src/model/index.ts';
import { explain, explainPolicies } from '../../src/planner/index.ts';
import { settle } from '../support/apply.ts';
import { fingerprint, world } from '../support/world.ts';
import { building } from '../support/world-builds.ts';
import { pkg } from '../support/world-packages.ts';

test('says why a version is served and why another is not, with places', () => {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'], keep: 1 });
  w.offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']).pin('testing', 'v');
  settle(w);
  w.offers('v', ['a-2-1.x86_64', 'a-3-1.x86_64', 'b-1-1.x86_64']);
  w.update('U-2', ['a-2-1.x86_64']).promote('testing', 'U-2');
  settle(w);
  const { packages, holds } = explain(w.value(), 'a', 'testing');
  const told = packages.map((p) => [
    p.nevra,
    p.served,
    ...p.because.map((r) => `${r.text}${r.at ? ` at ${placeText(r.at)}` : ''}`),
  ]);
  expect(told).toMatchInlineSnapshot(`
    [
      [
        "a-2-1.x86_64",
        true,
        "offered by v",
        "promoted with U-2 at promotions/testing/U-2.yaml:1:1",
        "policy default: copy at policies/default.yaml:1:1",
        "first admitted at 2023-11-14 22:13 UTC",
      ],
      [
        "a-1-1.x86_64",
        false,
        "in the pinned snapshot of v at channels/testing.yaml:5:1",
        "policy default: copy at policies/default.yaml:1:1",
        "first admitted at 2023-11-14 22:13 UTC",
        "newer versions take its place (keep: 1) at channels/testing.yaml:1:1",
      ],
      [
        "a-3-1.x86_64",
        false,
        "offered by v",
        "policy default: copy at policies/default.yaml:1:1",
        "AwaitsMerge: pkg:a-3-1 to testing; awaits a merge of #1 (sluice/packages/testing/v) at channels/testing.yaml:1:1",
      ],
    ]
  `);
  expect(holds.map((h) => `${h.code} ${h.subject}`)).toEqual(['AwaitsMerge update:pkg:a-3-1']);
  expect(explain(w.value(), 'a', 'nowhere').packages).toEqual([]);
});

test('a package that its policy skips is absent for that reason', () => {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] });
  w.policy('no-a', {
    match: { packages: ['a'], upstreams: [], severity: [] },
    priority: 1,
    action: 'skip',
  });
  w.offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']).pin('testing', 'v');
  settle(w);
  const [a] = explain(w.value(), 'a', 'testing').packages;
  expect(a?.served).toBe(false);
  expect(a?.because.map((r) => r.text)).toContain('its policy skips it: it is in no channel');
  expect(a?.because.map((r) => r.text).join()).not.toContain('newer versions');
});

test('every policy that matches is told, and which one gives each field', () => {
  const w = world().upstream('v').upstream('s', { tree: 'source' });
  w.channel('testing', { base: ['v', 's'] }).offers('v', {
    packages: [pkg('a-libs-1-1.x86_64', 'a-1-1'), 'b-1-1.x86_64'],
  });
  w.offers('s', ['a-1-1.src']);
  building(w, ['a'], { approvals: { start: 'auto' } });
  const [told] = explainPolicies(w.value(), 'a-libs');
  expect(told).toMatchObject({ upstream: 'v', source: 'a' });
  expect(told?.matches.map((m) => `${m.policy} ${m.action} ${m.wins} ${m.because}`)).toEqual([
    'built rebuild true priority 10, names the package',
    'default copy false priority 0, catch-all',
  ]);
  expect(told?.fields.slice(0, 4).map((f) => `${f.field} ${f.value} ${f.policy}`)).toEqual([
    'action rebuild built',
    'approvals.start auto built',
    'approvals.build ask (not given) built',
    'approvals.sign ask (not given) built',
  ]);
  expect(explainPolicies(w.value(), 'b').map((e) => e.matches.map((m) => m.policy))).toEqual([
    ['default'],
  ]);
});

test('the vendor package of what was built here is absent for that reason', () => {
  const w = world().upstream('v').upstream('s', { tree: 'source' });
  w.channel('testing', { base: ['v', 's'], sign: { packages: fingerprint } });
  w.approvals({ testing: 'auto' }).offers('v', ['a-1-1.x86_64']).offers('s', ['a-1-1.src']);
  const step = 'auto' as const;
  building(w, ['a'], { approvals: { start: step, build: step, sign: step, testing: step } });
  settle(w, 12);
  const told = explain(w.value(), 'a', 'testing').packages.map((p) => ({
    label: `${p.served} ${p.nevra} ${p.tree}`,
    because: p.because.map((r) => r.text),
  }));
  expect(told.map((t) => t.label)).toEqual([
    'true a-1-1.site.x86_64 x86_64',
    'false a-1-1.src source',
    'false a-1-1.x86_64 x86_64',
  ]);
  expect(told[0]?.because).toContain('built here from a-1-1.src of s');
  expect(told[2]?.because).toContain('what was built here of its source takes its place');
});
