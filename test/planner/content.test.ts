import { describe, expect, test } from 'vitest';
import { settle } from '../support/apply.ts';
import { type ModelWorld, updatePackage, world } from '../support/world.ts';
import { advisory, moduleBuild, pkg } from '../support/world-packages.ts';

const treeOf = (w: ModelWorld, channel = 'testing') =>
  w.state.channels.get(channel)?.content.trees.get('x86_64');

/** A channel that takes nothing by itself, pinned to what the upstream has. */
function pinned(packages: readonly string[], keep: number | 'all' = 'all'): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'], keep });
  return w.offers('v', packages).pin('testing', 'v');
}

describe('what a channel contains', () => {
  test('nothing without a pin', () => {
    const w = world()
      .upstream('v')
      .channel('testing', { base: ['v'] });
    settle(w.offers('v', ['a-1-1.x86_64']));
    expect(w.serves('testing')).toEqual([]);
  });

  test('the packages of its pins and of promoted updates', () => {
    const w = pinned(['a-1-1.x86_64', 'b-1-1.x86_64']);
    w.offers('v', ['a-2-1.x86_64', 'b-1-1.x86_64']).update('U-1', ['a-2-1.x86_64']);
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64']);
    settle(w.promote('testing', 'U-1'));
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'a-2-1.x86_64', 'b-1-1.x86_64']);
  });

  test('what a policy skips is out, what a policy holds keeps its base', () => {
    const w = pinned(['a-1-1.x86_64', 'b-1-1.x86_64', 'c-1-1.x86_64']);
    const match = (name: string) => ({ packages: [name], upstreams: [], severity: [] });
    w.policy('no-b', { match: match('b'), priority: 9, action: 'skip' });
    w.policy('hold-c', { match: match('c'), priority: 9, action: 'hold' });
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'c-1-1.x86_64']);
  });

  test('the newest versions per name and arch; three of a kernel', () => {
    const versions = [1, 2, 3, 10];
    const w = pinned(
      ['a', 'kernel-core'].flatMap((n) => versions.map((v) => `${n}-${v}-1.x86_64`)),
      2,
    );
    settle(w.offers('v', ['a-1-1.x86_64']));
    expect(w.serves('testing')).toEqual([
      'a-10-1.x86_64',
      'a-3-1.x86_64',
      'kernel-core-10-1.x86_64',
      'kernel-core-2-1.x86_64',
      'kernel-core-3-1.x86_64',
    ]);
  });

  test('digests in hold files stay out, unless the same update is promoted', () => {
    const w = pinned(['a-1-1.x86_64']).update('U-1', ['b-1-1.x86_64', 'b-2-1.x86_64']);
    w.offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64', 'b-2-1.x86_64']);
    const { sha256, nevra } = updatePackage('b-2-1.x86_64');
    const at = { file: 'holds/testing/x.yaml', line: 1, col: 1 };
    const hold = { channel: 'testing', reason: 'x', packages: [{ nevra, sha256 }], at };
    w.state.desired.holds = [{ ...hold, file: at.file }];
    const rest = settle(w.promote('testing', 'U-1'));
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
    expect(rest.holds.map((h) => h.code)).toContain('HeldByFile');
    w.state.desired.holds = [{ ...hold, file: at.file, update: 'U-1' }];
    settle(w);
    expect(w.serves('testing')).toContain('b-2-1.x86_64');
  });

  test('one digest per NEVRA: a re-issue wins, else who was there first', () => {
    const w = pinned(['a-1-1.x86_64']);
    settle(w);
    const again = pkg('a-1-1.x86_64 again');
    w.offers('v', { packages: [again] });
    const plain = { ...updatePackage('a-1-1.x86_64'), sha256: again.sha256 };
    w.update('plain', [plain]).promote('testing', 'plain');
    settle(w);
    expect(treeOf(w)?.packages.map((p) => p.sha256)).toEqual([pkg('a-1-1.x86_64').sha256]);
    w.update('better', [{ ...plain, replaces: pkg('a-1-1.x86_64').sha256 }]);
    settle(w.promote('testing', 'better'));
    expect(treeOf(w)?.packages.map((p) => p.sha256)).toEqual([again.sha256]);
  });

  test('advisories list only what the tree serves, and none without a package', () => {
    const w = world()
      .upstream('v')
      .channel('testing', { base: ['v'] });
    const whole = advisory('A-1', ['a-1-1.x86_64']);
    const partial = advisory('A-2', ['b-1-1.x86_64', 'b-1-1.aarch64']);
    const foreign = advisory('A-3', ['c-1-1.aarch64']);
    const packages = ['a-1-1.x86_64', 'b-1-1.x86_64'];
    w.offers('v', { packages, advisories: [whole, partial, foreign] }).pin('testing', 'v');
    settle(w);
    const [one, two, ...none] = treeOf(w)?.advisories ?? [];
    expect(none).toEqual([]);
    expect(one?.sha256).toBe(whole.sha256);
    expect(two?.advisory.collections[0]?.packages.map((p) => p.arch)).toEqual(['x86_64']);
  });

  test('of an advisory the highest promoted revision is published', () => {
    const w = pinned(['a-1-1.x86_64']);
    const first = advisory('A-1', ['a-2-1.x86_64']);
    const second = advisory('A-1', ['a-2-1.x86_64'], { severity: 'Critical' });
    w.offers('v', { packages: ['a-2-1.x86_64'], advisories: [first] });
    w.offers('v', { packages: ['a-2-1.x86_64'], advisories: [second] });
    const by = (a: typeof first) => ({ advisory: { id: 'A-1', sha256: a.sha256 } });
    w.update('A-1.r2', ['a-2-1.x86_64'], by(second)).update('A-1', ['a-2-1.x86_64'], by(first));
    settle(w.promote('testing', 'A-1.r2', 'A-1'));
    expect(treeOf(w)?.advisories.map((a) => a.advisory.severity)).toEqual(['Critical']);
  });

  test('module builds live or die whole, the newest of a stream', () => {
    const w = world()
      .upstream('v')
      .channel('testing', { base: ['v'], keep: 1 });
    const old = moduleBuild('m:1:1:c:x86_64', ['x-0:9-1.x86_64', 'y-0:1-1.x86_64']);
    const now = moduleBuild('m:1:2:c:x86_64', ['x-0:2-1.x86_64', 'y-0:1-1.x86_64']);
    const packages = ['x-9-1.x86_64', 'x-2-1.x86_64', 'y-1-1.x86_64', 'x-1-1.x86_64'];
    w.offers('v', { packages, modules: [old, now] });
    settle(w.pin('testing', 'v'));
    expect(w.serves('testing')).toEqual(['x-1-1.x86_64', 'x-2-1.x86_64', 'y-1-1.x86_64']);
    expect(treeOf(w)?.modules.map((m) => m.nsvca)).toEqual(['m:1:2:c:x86_64']);
  });

  test('trees take the packages of their upstreams, whatever the own arch', () => {
    const w = world().upstream('v').upstream('s', { tree: 'source' });
    w.channel('testing', { base: ['v', 's'], trees: ['x86_64', 'source'] });
    w.offers('v', ['a-1-1.noarch']).offers('s', ['a-1-1.src']);
    settle(w.pin('testing', 'v').pin('testing', 's'));
    expect(w.serves('testing')).toEqual(['a-1-1.noarch']);
    expect(w.serves('testing', 'source')).toEqual(['a-1-1.src']);
  });
});
