import { describe, expect, test } from 'vitest';
import type { HeldAdvisory, Policy } from '../../src/model/index.ts';
import { merge, openProposals, requestOf, settle } from '../support/apply.ts';
import { fingerprint, type ModelWorld, world } from '../support/world.ts';
import { building, buildsMade } from '../support/world-builds.ts';
import { advisory } from '../support/world-packages.ts';

const codes = (w: ModelWorld) => settle(w).holds.map((h) => `${h.code} ${h.subject}`);

const auto: Policy['approvals'] = { start: 'auto', build: 'auto', sign: 'auto', testing: 'auto' };

const sign = { packages: fingerprint };

/** A vendor's binaries and sources, and testing that takes both. */
function site(approvals: Policy['approvals'] = auto): ModelWorld {
  const w = world().upstream('v').upstream('s', { tree: 'source' });
  w.channel('testing', { trees: ['x86_64', 'source'], base: ['v', 's'], sign });
  w.approvals({ testing: 'auto' });
  w.offers('v', { packages: ['a-1-1.x86_64', 'b-1-1.x86_64'] });
  w.offers('s', ['a-1-1.src', 'b-1-1.src']);
  building(w, ['a'], { approvals });
  return w;
}

describe('an advisory that comes after the build', () => {
  const served = (w: ModelWorld, channel = 'testing') =>
    (w.state.channels.get(channel)?.content.trees.get('x86_64')?.advisories ?? []).map((a) => [
      a.advisory.id,
      ...a.advisory.collections.flatMap((c) => c.packages).map((p) => p.filename),
    ]);
  const tells = (w: ModelWorld, ...told: readonly HeldAdvisory[]) =>
    w.offers('v', { packages: ['a-1-1.x86_64', 'b-1-1.x86_64'], advisories: told });
  const told = advisory('RHSA-1', ['a-1-1.x86_64']);

  test('is a revision of the built update, and names what was built; nothing is built again', () => {
    const w = site();
    w.channel('production', { base: ['v'], follows: 'testing', sign });
    w.approvals({ testing: 'auto', production: 'auto' });
    building(w, ['a'], { approvals: { ...auto, production: 'auto' } });
    settle(w.pin('production', 'v'), 12);
    expect(served(w)).toEqual([]);
    settle(tells(w, told), 12);
    const [first, second] = [...w.state.desired.updates.values()];
    expect([first?.id, second?.id]).toEqual(['build:a-1-1', 'build:a-1-1.r2']);
    expect(second?.packages).toEqual(first?.packages);
    expect(second?.build).toEqual(first?.build);
    expect(second?.advisory).toMatchObject({ id: 'RHSA-1', severity: 'Important' });
    for (const channel of ['testing', 'production']) {
      expect(served(w, channel)).toEqual([['RHSA-1', 'a-1-1.site.x86_64.rpm']]);
    }
    expect(buildsMade(w)).toHaveLength(1);
  });

  test('is asked about where the channel asks, and the question says what it tells', () => {
    const w = site();
    settle(w);
    building(w, ['a'], { approvals: { ...auto, testing: 'ask' } });
    settle(tells(w, told));
    expect(openProposals(w)).toEqual(['errata/testing/build-a-1-1.r2']);
    expect(requestOf(w, 'errata/testing/build-a-1-1.r2').advisories).toMatchObject([
      { id: 'RHSA-1' },
    ]);
    merge(w, 'errata/testing/build-a-1-1.r2');
    settle(w);
    expect(served(w)).toEqual([['RHSA-1', 'a-1-1.site.x86_64.rpm']]);
  });

  test('comes again when the vendor revises it, and not when only its date is other', () => {
    const w = site();
    settle(w);
    settle(tells(w, told));
    settle(tells(w, advisory('RHSA-1', ['a-1-1.x86_64'], { updated: '2027-01-01 00:00:00' })));
    expect(w.state.desired.updates.size).toBe(2);
    settle(tells(w, advisory('RHSA-1', ['a-1-1.x86_64'], { description: 'worse than thought' })));
    expect([...w.state.desired.updates.keys()]).toContain('build:a-1-1.r3');
    const tree = w.state.channels.get('testing')?.content.trees.get('x86_64');
    expect(tree?.advisories.map((a) => a.advisory.description)).toEqual(['worse than thought']);
  });

  test('a second one comes beside the first', () => {
    const w = site();
    settle(w);
    settle(tells(w, told, advisory('RHSA-2', ['a-1-1.x86_64'])));
    expect(served(w).toSorted()).toEqual([
      ['RHSA-1', 'a-1-1.site.x86_64.rpm'],
      ['RHSA-2', 'a-1-1.site.x86_64.rpm'],
    ]);
  });

  test('brings nothing where it tells of a version that is not served', () => {
    const w = site();
    settle(w);
    building(w, ['a'], { approvals: { ...auto, build: 'ask' } });
    const newer = advisory('RHSA-3', ['a-2-1.x86_64']);
    w.offers('s', ['a-1-1.src', 'a-2-1.src', 'b-1-1.src']);
    w.offers('v', { packages: ['a-1-1.x86_64', 'a-2-1.x86_64'], advisories: [newer] });
    settle(w);
    expect(openProposals(w)).toEqual(['build/build-a-2-1']);
    expect(served(w)).toEqual([]);
  });

  test('one that waits for its promotion gives way to the one that tells', () => {
    const w = site({ ...auto, testing: 'ask' });
    settle(w);
    expect(openProposals(w)).toEqual(['built/testing/build-a-1-1']);
    settle(tells(w, told));
    expect(openProposals(w)).toEqual(['errata/testing/build-a-1-1.r2']);
  });

  test('stays away with what was taken back', () => {
    const w = site();
    settle(w);
    settle(w.revert('testing', 'build:a-1-1'));
    settle(tells(w, told));
    expect(codes(w)).toContain('HeldByFile update:build:a-1-1.r2');
    expect(served(w)).toEqual([]);
  });
});
