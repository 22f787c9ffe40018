import { describe, expect, test } from 'vitest';
import { contentOf, plan } from '../../src/planner/index.ts';
import { apply, merge, openProposals, planned, requestOf, settle } from '../support/apply.ts';
import { type ChannelOptions, day, type ModelWorld, world } from '../support/world.ts';

const codes = (list: readonly { readonly code: string; readonly subject: string }[]) =>
  list.map((h) => `${h.code} ${h.subject}`).toSorted();

function served(packages: readonly string[], more: ChannelOptions = {}): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'], ...more });
  settle(w.offers('v', packages).pin('testing', 'v'));
  return w;
}

describe('rollback', () => {
  test('brings back what keep had hidden, without any gate', () => {
    const w = served(['a-1-1.x86_64'], { keep: 1 });
    w.channel('production', {
      base: ['v'],
      follows: 'testing',
      keep: 1,
      gates: { soakSeconds: day },
    });
    settle(w.pin('production', 'v'));
    const before = w.content('production');
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
    settle(w);
    settle(w.later(day).promote('production', 'U-1'));
    expect(w.serves('production')).toEqual(['a-2-1.x86_64']);
    settle(w.revert('production', 'U-1'));
    expect(w.serves('production')).toEqual(['a-1-1.x86_64']);
    expect(w.content('production')).toBe(before);
    expect(w.state.channels.get('production')?.generation.number).toBe(3);
    expect(w.state.desired.holds.map((h) => h.file)).toEqual(['holds/production/U-1.yaml']);
    expect(w.state.desired.holds[0]?.reason).toMatch(/^reverted by [0-9a-f]{12}$/);
    expect(codes(planned(w).holds)).toContain('HeldByFile update:U-1');
  });

  test('what a base still brings stays and is told; nothing left, no hold file', () => {
    const w = served(['a-1-1.x86_64', 'a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']);
    settle(w.promote('testing', 'U-1'));
    w.revert('testing', 'U-1');
    expect(codes(planned(w).notes)).toEqual(['StillPresent update:U-1']);
    settle(w);
    expect(w.state.desired.holds).toEqual([]);
  });

  test('a package that came with the update goes with it', () => {
    const w = served(['a-1-1.x86_64']);
    w.offers('v', ['new-1-1.x86_64']).update('U-1', ['new-1-1.x86_64']).promote('testing', 'U-1');
    settle(w);
    settle(w.revert('testing', 'U-1'));
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
  });

  test('a name that was there before must not vanish with it', () => {
    const w = served(['a-1-1.x86_64', 'b-1-1.x86_64']);
    w.offers('v', ['a-2-1.x86_64', 'b-1-1.x86_64']).update('U-1', ['a-2-1.x86_64']);
    settle(w.later(60).promote('testing', 'U-1'));
    settle(w.offers('v', ['b-1-1.x86_64']).pin('testing', 'v'));
    expect(w.serves('testing')).toEqual(['a-2-1.x86_64', 'b-1-1.x86_64']);
    const rest = settle(w.revert('testing', 'U-1'));
    expect(codes(rest.holds)).toContain('RollbackIncomplete promotion:U-1');
    expect(w.serves('testing')).toEqual(['a-2-1.x86_64', 'b-1-1.x86_64']);
    expect(w.state.desired.holds).toEqual([]);
  });

  test('a deleted update that another channel has is put back', () => {
    const w = served(['a-1-1.x86_64']);
    w.channel('production', { base: ['v'], follows: 'testing' });
    settle(w.pin('production', 'v'));
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
    settle(w);
    settle(w.promote('production', 'U-1'));
    settle(w.revert('testing', 'U-1', true));
    expect(w.state.desired.updates.has('U-1')).toBe(true);
    expect(w.serves('production')).toContain('a-2-1.x86_64');
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
  });

  test('going back to an earlier pin is a rollback too', () => {
    const removals = { max: 0, allow: [] };
    const w = served(['a-1-1.x86_64'], { gates: { removals } });
    const before = { content: w.content('testing'), pin: w.latest('v') };
    settle(w.offers('v', ['a-2-1.x86_64', 'b-1-1.x86_64']).pin('testing', 'v'));
    settle(w.pin('testing', 'v', before.pin));
    expect(w.content('testing')).toBe(before.content);
  });
});

describe('a pinned channel', () => {
  function pinnedBack(): ModelWorld {
    const w = served(['a-1-1.x86_64']);
    const digest = w.content('testing');
    if (!digest) throw new Error('nothing served');
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
    settle(w);
    const at = { file: 'channels/testing.yaml', line: 9, col: 1 };
    return w.change('testing', (c) => ({ ...c, pin: { generation: 1, digest, at } }));
  }

  test('serves exactly that, admits nothing, and asks whether to go on', () => {
    const w = pinnedBack();
    const rest = settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
    expect(codes(rest.notes)).toEqual(['Pinned channel:testing']);
    expect(openProposals(w)).toEqual(['unpin/testing']);
    expect(requestOf(w, 'unpin/testing').delta.changes).toEqual([
      { tree: 'x86_64', name: 'a', arch: 'x86_64', from: '1-1', to: '2-1' },
    ]);
    merge(w, 'unpin/testing');
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'a-2-1.x86_64']);
  });

  test('judges what returns anew when the pin goes', () => {
    const w = pinnedBack();
    settle(w);
    w.policy('a', {
      match: { packages: ['a'], upstreams: [], severity: [] },
      ...{ priority: 9, action: 'hold' },
    });
    merge(w, 'unpin/testing');
    const rest = settle(w);
    expect(codes(rest.holds)).toEqual(['PolicyHold promotion:U-1']);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
    expect(planned(w.later(1)).steps).toEqual([]);
  });

  test('holds when the content is gone', () => {
    const w = pinnedBack();
    w.state.retained.clear();
    const before = w.content('testing');
    expect(codes(settle(w).holds)).toContain('SnapshotMissing channel:testing');
    expect(w.content('testing')).toBe(before);
  });
});

describe('housekeeping', () => {
  test('promotions that a base pin contains are tidied, once followers have them', () => {
    const w = served(['a-1-1.x86_64']);
    w.channel('production', { base: ['v'], follows: 'testing' });
    settle(w.pin('production', 'v'));
    w.offers('v', ['a-2-1.x86_64', 'a-1-1.x86_64']).update('U-1', ['a-2-1.x86_64']);
    settle(w.promote('testing', 'U-1'));
    settle(w.pin('testing', 'v'));
    expect(openProposals(w)).toEqual(['promotion/production/U-1']);
    merge(w, 'promotion/production/U-1');
    settle(w);
    expect(openProposals(w)).toEqual(['tidy/testing']);
    merge(w, 'tidy/testing');
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'a-2-1.x86_64']);
    expect(openProposals(w)).toEqual([]);
  });
});

describe('the plan', () => {
  test('advance: snapshot moves the pin and makes no updates', () => {
    const w = world()
      .upstream('v')
      .channel('testing', {
        base: [{ upstream: 'v', advance: 'snapshot' }],
      });
    w.approvals({ testing: 'auto' });
    settle(w.offers('v', ['a-1-1.x86_64']));
    settle(w.offers('v', ['a-2-1.x86_64']));
    expect(w.serves('testing')).toEqual(['a-2-1.x86_64']);
    expect(w.state.desired.updates.size).toBe(0);
  });

  test('names the same work alike, whatever the clock says', () => {
    const w = served(['a-1-1.x86_64']);
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
    const first = plan(w.value());
    const second = plan(w.later(60).value());
    expect(second.steps.map((s) => s.id)).toEqual(first.steps.map((s) => s.id));
    expect(new Set(first.steps.map((s) => s.id)).size).toBe(first.steps.length);
  });

  test('records number, revision, admissions, floors and keys', () => {
    const w = served(['a-1-1.x86_64']);
    const before = w.state.channels.get('testing')?.generation;
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
    for (const step of planned(w).steps) apply(w, step);
    const after = w.state.channels.get('testing')?.generation;
    expect(after).toMatchObject({ number: 2, commit: w.state.desired.commit, keys: before?.keys });
    expect(after?.revision).toBe((before?.revision ?? 0) + 1);
    expect(after?.entered).toEqual({
      x86_64: w.state.desired.updates.get('U-1')?.packages.map((p) => p.sha256),
    });
    expect(before?.entered).toBe('all');
    expect(Object.keys(after?.floors ?? {})).toEqual(['v']);
  });

  test('contentOf gives what the channel came to', () => {
    const w = served(['a-1-1.x86_64']);
    const { desired, actual } = w.value();
    const channel = desired.channels.get('testing');
    if (!channel) throw new Error('no channel');
    expect(contentOf({ desired: desired, actual: actual }, channel).id).toBe(w.content('testing'));
  });
});
