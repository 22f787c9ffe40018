import { describe, expect, test } from 'vitest';
import { digestOf, type Policy } from '../../src/model/index.ts';
import {
  buildRequestOf,
  merge,
  openProposals,
  planned,
  reject,
  requestOf,
  settle,
} from '../support/apply.ts';
import { fingerprint, type ModelWorld, world } from '../support/world.ts';
import { building, buildsEnd, buildsMade } from '../support/world-builds.ts';
import { advisory, pkg } from '../support/world-packages.ts';

const codes = (w: ModelWorld) => settle(w).holds.map((h) => `${h.code} ${h.subject}`);

const auto: Policy['approvals'] = { start: 'auto', build: 'auto', sign: 'auto', testing: 'auto' };

const sign = { packages: fingerprint };

/** A vendor's binaries and sources, and testing that takes both. */
function site(approvals: Policy['approvals'] = auto): ModelWorld {
  const w = world().upstream('v').upstream('s', { tree: 'source' });
  w.channel('testing', { trees: ['x86_64', 'source'], base: ['v', 's'], sign });
  w.approvals({ testing: 'auto' });
  const libs = pkg('a-libs-1-1.x86_64', 'a-1-1');
  w.offers('v', { packages: ['a-1-1.x86_64', libs, 'b-1-1.x86_64'] });
  w.offers('s', ['a-1-1.src', 'b-1-1.src']);
  building(w, ['a'], { approvals });
  return w;
}

describe('a source package that a policy rebuilds', () => {
  test('becomes one update, is built, and takes the place of the vendor packages of that source', () => {
    const w = site();
    settle(w);
    expect([...w.state.desired.updates.keys()]).toEqual(['build:a-1-1']);
    expect(buildsMade(w)).toEqual(['a-1-1.src x86_64']);
    expect(w.serves('testing')).toEqual(['a-1-1.site.x86_64', 'b-1-1.x86_64']);
    expect(w.serves('testing', 'source')).toEqual(['a-1-1.src', 'b-1-1.src']);
  });

  test('is asked about at each step: start, build, sign, and then the channel', () => {
    const w = site({ testing: 'ask' });
    settle(w);
    expect(openProposals(w)).toEqual(['start/build-a-1-1']);
    expect(w.serves('testing')).toContain('a-1-1.x86_64');
    merge(w, 'start/build-a-1-1');
    settle(w);
    expect(openProposals(w)).toEqual(['build/build-a-1-1']);
    expect(buildsMade(w)).toEqual([]);
    merge(w, 'build/build-a-1-1');
    settle(w);
    expect(openProposals(w)).toEqual(['sign/build-a-1-1']);
    const asked = buildRequestOf(w, 'sign/build-a-1-1').build;
    expect(asked.outputs.map((o) => `${o.tree} ${o.nevra}`)).toEqual(['x86_64 a-1-1.site.x86_64']);
    expect(asked.builds.map((b) => b.arch)).toEqual(['x86_64']);
    expect(asked.recipe).toEqual(['dist .site']);
    expect(w.state.desired.updates.get('build:a-1-1')?.packages).toEqual([]);
    merge(w, 'sign/build-a-1-1');
    settle(w);
    expect(openProposals(w)).toEqual(['built/testing/build-a-1-1']);
    expect(w.serves('testing')).toContain('a-libs-1-1.x86_64');
    merge(w, 'built/testing/build-a-1-1');
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.site.x86_64', 'b-1-1.x86_64']);
    expect(w.state.proposals.every((p) => p.state === 'merged')).toBe(true);
  });

  test('never is an answer too, at each step', () => {
    for (const step of ['start', 'build', 'sign'] as const) {
      const w = site({ ...auto, [step]: 'never' });
      expect(codes(w)).toContain('PolicyHold update:build:a-1-1');
      expect(buildsMade(w)).toHaveLength(step === 'sign' ? 1 : 0);
    }
  });

  test('what the vendor has newer makes no update of its own, and is built instead', () => {
    const w = site();
    settle(w);
    w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']).offers('s', ['a-2-1.src', 'b-2-1.src']);
    settle(w);
    expect([...w.state.desired.updates.keys()].toSorted()).toEqual([
      'build:a-1-1',
      'build:a-2-1',
      'pkg:b-2-1',
    ]);
    expect(w.serves('testing')).toContain('a-2-1.site.x86_64');
    expect(w.serves('testing')).not.toContain('a-2-1.x86_64');
  });

  test('a source that lags behind the vendor binaries is missed, not passed over', () => {
    const w = site();
    settle(w);
    w.offers('v', ['a-2-1.x86_64']);
    expect(codes(w)).toContain('SourceMissing upstream:v');
    expect(w.serves('testing')).not.toContain('a-2-1.x86_64');
  });

  test('while it is held, machines go on with the vendor packages', () => {
    const w = site();
    building(w, ['a'], { approvals: { ...auto, testing: 'never' } });
    settle(w);
    w.promote('testing', 'build:a-1-1');
    const { holds } = settle(w);
    expect(holds.map((h) => h.code)).toContain('PolicyHold');
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'a-libs-1-1.x86_64', 'b-1-1.x86_64']);
  });

  test('going back brings the vendor packages back', () => {
    const w = site();
    settle(w);
    w.revert('testing', 'build:a-1-1');
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'a-libs-1-1.x86_64', 'b-1-1.x86_64']);
    expect(buildsMade(w)).toHaveLength(1);
  });

  test('a policy may name the upstream of the binaries or that of the sources', () => {
    for (const upstreams of [['v'], ['s']]) {
      const w = site();
      building(w, [], { match: { packages: ['a'], upstreams, severity: [] }, approvals: auto });
      settle(w);
      expect(w.serves('testing')).toEqual(['a-1-1.site.x86_64', 'b-1-1.x86_64']);
    }
  });

  test('it goes to the channels that follow, whether they have sources or not', () => {
    const w = site();
    w.channel('production', { base: ['v'], follows: 'testing', sign });
    building(w, ['a'], { approvals: { ...auto, production: 'auto' } });
    w.pin('production', 'v');
    settle(w, 12);
    expect(w.serves('production')).toContain('a-1-1.site.x86_64');
    expect(w.serves('production')).not.toContain('a-1-1.x86_64');
  });
});

describe('advisories', () => {
  test('the one that tells of the source comes with it, and names what was built', () => {
    const w = site();
    settle(w);
    const told = advisory('RHSA-1', ['a-2-1.x86_64']);
    w.offers('v', { packages: ['a-2-1.x86_64'], advisories: [told] }).offers('s', ['a-2-1.src']);
    buildsEnd(w, 'a', ['a', 'a-extra', 'a-debuginfo']);
    settle(w);
    const update = w.state.desired.updates.get('build:a-2-1');
    expect(update?.advisory).toMatchObject({ id: 'RHSA-1', severity: 'Important' });
    expect(w.state.desired.updates.has('RHSA-1')).toBe(false);
    const tree = w.state.channels.get('testing')?.content.trees.get('x86_64');
    const listed = tree?.advisories.flatMap((a) =>
      a.advisory.collections.flatMap((c) => c.packages),
    );
    expect(listed?.map((p) => p.filename)).toEqual(['a-2-1.site.x86_64.rpm']);
  });

  test('of an advisory that tells of two sources each goes its own way', () => {
    const w = site();
    settle(w);
    const told = advisory('RHSA-2', ['a-2-1.x86_64', 'b-2-1.x86_64']);
    w.offers('v', { packages: ['a-2-1.x86_64', 'b-2-1.x86_64'], advisories: [told] });
    w.offers('s', ['a-2-1.src', 'b-2-1.src']);
    settle(w);
    expect(w.state.desired.updates.get('RHSA-2')?.packages.map((p) => p.nevra)).toEqual([
      'b-2-1.x86_64',
    ]);
    const tree = w.state.channels.get('testing')?.content.trees.get('x86_64');
    const listed = tree?.advisories.flatMap((a) =>
      a.advisory.collections.flatMap((c) => c.packages),
    );
    expect(listed?.map((p) => p.filename).toSorted()).toEqual([
      'a-2-1.site.x86_64.rpm',
      'b-2-1.x86_64.rpm',
    ]);
  });
});

describe('how a build ends', () => {
  test('a failed one is a hold until its inputs change or an operator retries it', () => {
    const w = site();
    buildsEnd(w, 'a', { failed: '%build ended with 1' });
    expect(codes(w)).toContain('BuildFailed update:build:a-1-1');
    expect(w.serves('testing')).toContain('a-1-1.x86_64');
    const [key = ''] = w.state.builds.keys();
    const state = w.state.builds.get(digestKey(key));
    if (state) w.state.builds.set(state.key, { ...state, retry: true });
    expect(planned(w).steps).toMatchObject([{ kind: 'build', attempt: 2 }]);
    if (state) w.state.builds.set(state.key, state);
    buildsEnd(w, 'a', ['a']);
    building(w, ['a'], { approvals: auto, build: { args: ['--nocheck'] } });
    settle(w);
    expect(w.serves('testing')).toContain('a-1-1.site.x86_64');
  });

  test('of a source that fails for one architecture nothing is offered', () => {
    const w = site();
    w.change('testing', (c) => ({ ...c, trees: ['aarch64', 'source', 'x86_64'] }));
    building(w, ['a'], { approvals: auto, build: { arches: ['x86_64', 'aarch64'] } });
    buildsEnd(w, 'a', ['a']);
    const [first, second] = planned(settled(w)).steps.filter((s) => s.kind === 'build');
    expect([first, second]).toEqual([undefined, undefined]);
    expect(buildsMade(w).toSorted()).toEqual(['a-1-1.src aarch64', 'a-1-1.src x86_64']);
    expect(w.serves('testing', 'aarch64')).toEqual(['a-1-1.site.aarch64']);
  });

  test('a build that took the controller with it is tried three times', () => {
    const w = site();
    settle(building(w, ['a'], { approvals: { ...auto, build: 'ask' } }));
    merge(w, 'build/build-a-1-1');
    for (const attempt of [1, 2, 3]) {
      const step = planned(w).steps.find((s) => s.kind === 'build');
      expect(step).toMatchObject({ attempt });
      if (step?.kind !== 'build') return;
      const { key, inputs } = step;
      const fault = { code: 'BuildInterrupted', object: 'a', check: 'ended', fix: '' } as const;
      const times = { startedAt: 1, endedAt: 2 };
      const records = [{ key, inputs, attempt, ...times, outcome: 'failed', fault } as const];
      w.state.builds.set(key, { key, inputs, records });
    }
    expect(codes(w)).toContain('BuildParked update:build:a-1-1');
  });

  test('what it lacked is proposed to be built as well', () => {
    const w = site();
    buildsEnd(w, 'a', { failed: 'needs b', missing: ['b >= 1'] });
    building(w, ['b'], { name: 'b', approvals: { start: 'never' } });
    expect(codes(w)).toContain('BuildRequirements update:build:a-1-1');
    expect(openProposals(w)).toEqual(['start/build-b-1-1']);
  });

  test('names that the vendor has are not signed', () => {
    const w = site();
    building(w, ['a'], { approvals: auto, build: { dist: '' } });
    expect(codes(w)).toContain('BuiltNameTaken update:build:a-1-1');
    expect(w.state.desired.updates.get('build:a-1-1')?.packages).toEqual([]);
  });

  test('one that is under way is not begun again because its buildroot has changed', () => {
    const w = site();
    const sign = { ...auto, build: 'ask' as const };
    settle(building(w, ['a'], { approvals: sign, build: { root: ['testing'] } }));
    merge(w, 'build/build-a-1-1');
    const step = planned(w).steps.find((s) => s.kind === 'build');
    if (step?.kind !== 'build') throw new Error('no build');
    const { key, inputs } = step;
    w.state.builds.set(key, { key, inputs, records: [], runningSince: 1 });
    w.offers('v', ['a-1-1.x86_64', 'b-2-1.x86_64']);
    settle(w);
    expect(w.serves('testing')).toContain('b-2-1.x86_64');
    expect(buildsMade(w)).toEqual([]);
    expect(codes(w)).toContain('BuildQueued update:build:a-1-1');
  });

  test('what was built feeds later builds by a channel of its own, before machines get it', () => {
    const w = site();
    w.channel('experimental', { base: ['s'], sign: { packages: 'unsigned' } });
    w.approvals({ testing: 'auto', experimental: 'never' });
    const answers = { ...auto, testing: 'ask' as const, experimental: 'auto' as const };
    settle(building(w, ['a'], { approvals: answers }));
    expect(w.serves('experimental')).toEqual(['a-1-1.site.x86_64']);
    expect(w.serves('testing')).not.toContain('a-1-1.site.x86_64');
    building(w, ['b'], { name: 'b', approvals: answers, build: { root: ['experimental'] } });
    settle(w);
    const root = [...w.state.builds.values()].map((s) => s.inputs.root).at(-1);
    expect(root).toMatchObject({ kind: 'channels', channels: [{ name: 'experimental' }] });
  });

  test('a warm world builds nothing again, whatever its buildroot has become', () => {
    const w = site();
    building(w, ['a'], { approvals: { ...auto, sign: 'ask' }, build: { root: ['testing'] } });
    settle(w);
    expect(openProposals(w)).toEqual(['sign/build-a-1-1']);
    settle(w.offers('v', ['a-1-1.x86_64', 'b-2-1.x86_64']).offers('s', ['a-1-1.src', 'b-1-1.src']));
    expect(w.serves('testing')).toContain('b-2-1.x86_64');
    expect(buildsMade(w)).toHaveLength(1);
  });
});

describe('what people are asked', () => {
  test('a source older than what is served is asked about, whatever the policy answers', () => {
    const w = site();
    w.offers('v', ['a-3-1.x86_64', 'b-1-1.x86_64']);
    settle(w);
    expect(openProposals(w)).toEqual(['build/build-a-1-1']);
    expect(codes(w)).toContain('Downgrade update:build:a-1-1');
    merge(w, 'build/build-a-1-1');
    settle(w);
    expect(buildsMade(w)).toEqual(['a-1-1.src x86_64']);
  });

  test('a special case is asked once, and the answer enters every build', () => {
    const w = site();
    const ask = { type: 'text', description: 'suffix', default: '.cern', choices: [] } as const;
    building(w, ['a'], { approvals: auto, build: { asks: { buildid: ask } } });
    settle(w);
    expect(openProposals(w)).toEqual(['special-case/built']);
    expect(codes(w)).toContain('BuildWaits update:build:a-1-1');
    expect(buildsMade(w)).toEqual([]);
    merge(w, 'special-case/built');
    settle(w);
    const [state] = w.state.builds.values();
    expect(state?.records[0]?.inputs.recipe.defines).toEqual({ buildid: '.cern' });
    w.offers('s', ['a-2-1.src']).offers('v', ['a-2-1.x86_64']);
    settle(w);
    expect(buildsMade(w)).toHaveLength(2);
    expect(openProposals(w)).toEqual([]);
  });

  test('a special case that only people can answer stays open, and says which parameter is missing', () => {
    const w = site();
    const of = (more: object) =>
      ({ type: 'text', description: 'Which suffix?', choices: [], ...more }) as const;
    const asks = { buildid: of({}), level: of({ type: 'number', default: '3' }) };
    building(w, ['a'], { approvals: auto, build: { asks } });
    settle(w);
    const { effect, edits, gates } = buildRequestOf(w, 'special-case/built');
    expect(effect).toContain('level: 3,');
    expect(edits).toMatchObject([{ at: ['build', 'params', 'level'], value: '3' }]);
    expect(gates.map((g) => g.text)).toEqual([
      expect.stringMatching(
        /^build\.params\.buildid has no suggested answer: Which suffix\? text; /,
      ),
    ]);
    merge(w, 'special-case/built');
    const waits = settle(w).holds.find((h) => h.code === 'BuildWaits')?.awaits;
    expect(w.state.proposals.map((p) => p.state)).toEqual(['merged']);
    expect(waits).toContain('build.params.buildid has no suggested answer');
    expect(waits).not.toContain('merge');
    expect(buildsMade(w)).toEqual([]);
    building(w, ['a'], { approvals: auto, build: { asks, params: { buildid: '.x', level: '3' } } });
    settle(w);
    const [state] = w.state.builds.values();
    expect(state?.records[0]?.inputs.recipe.defines).toEqual({ buildid: '.x', level: '3' });
  });

  test('a closed question is not put again until its content changes', () => {
    const w = site({ ...auto, start: 'ask' });
    settle(w);
    reject(w, 'start/build-a-1-1');
    expect(codes(w)).toContain('Rejected update:build:a-1-1');
    expect(openProposals(w)).toEqual([]);
    w.offers('s', ['a-2-1.src']).offers('v', ['a-2-1.x86_64']);
    settle(w);
    expect(openProposals(w)).toEqual(['start/build-a-2-1']);
  });

  test('another recipe is a new revision, asked because it takes the place of names that are known', () => {
    const w = site();
    settle(w);
    w.state.desired.patches = new Map([['patches/a/fix.patch', digestOf('fix')]]);
    building(w, ['a'], { approvals: auto, build: { patches: ['patches/a/fix.patch'] } });
    settle(w);
    expect(buildsMade(w)).toHaveLength(2);
    expect(openProposals(w)).toEqual(['reissue/testing/build-a-1-1.r2']);
    const update = w.state.desired.updates.get('build:a-1-1.r2');
    expect(update?.packages.every((p) => p.replaces !== undefined)).toBe(true);
    const before = w.content('testing');
    merge(w, 'reissue/testing/build-a-1-1.r2');
    settle(w);
    expect(w.content('testing')).not.toBe(before);
    expect(requestOf(w, 'reissue/testing/build-a-1-1.r2').delta.changes).toHaveLength(1);
  });
});

test('bytes that no build of the source brought are not served as built here', () => {
  const w = site({ ...auto, testing: 'ask' });
  settle(w);
  const update = w.state.desired.updates.get('build:a-1-1');
  const other = pkg('b-1-1.x86_64');
  const [first, ...rest] = update?.packages ?? [];
  if (!update || !first) throw new Error('nothing was pinned');
  const packages = [{ ...first, sha256: other.sha256 }, ...rest];
  w.state.desired.updates.set(update.id, { ...update, packages });
  w.promote('testing', update.id);
  expect(codes(w)).toContain('BuildOutputRefused promotion:build:a-1-1');
  expect(w.serves('testing')).toContain('a-1-1.x86_64');
});

function settled(w: ModelWorld): ModelWorld {
  settle(w);
  return w;
}

const digestKey = (key: string) => key as Parameters<ModelWorld['state']['builds']['get']>[0];
