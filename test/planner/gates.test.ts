import { describe, expect, test } from 'vitest';
import { openProposals, planned, requestOf, settle } from '../support/apply.ts';
import { type ChannelOptions, day, type ModelWorld, world } from '../support/world.ts';

const codes = (list: readonly { readonly code: string; readonly subject: string }[]) =>
  list.map((h) => `${h.code} ${h.subject}`).toSorted();

/** testing and production serve the same base; updates are then declared and promoted by hand. */
function follower(packages: readonly string[], production: ChannelOptions = {}): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] })
    .channel('production', { base: ['v'], follows: 'testing', ...production });
  w.offers('v', packages).pin('testing', 'v');
  settle(w);
  w.pin('production', 'v');
  settle(w);
  return w;
}

function single(packages: readonly string[], gates: ChannelOptions['gates'] = {}): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'], gates });
  settle(w.offers('v', packages).pin('testing', 'v'));
  return w;
}

const many = (count: number, version = 1): readonly string[] =>
  Array.from({ length: count }, (_, i) => `p${i}-${version}-1.x86_64`);

describe('follows and soak', () => {
  test('a promotion waits for the followed channel, then for its soak', () => {
    const w = follower(['a-1-1.x86_64'], { gates: { soakSeconds: 2 * day } });
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('production', 'U-1');
    expect(codes(settle(w).holds)).toContain('NotInFollowed promotion:U-1');
    settle(w.promote('testing', 'U-1'));
    w.later(day);
    const held = settle(w).holds.find((h) => h.subject === 'promotion:U-1');
    expect(held).toMatchObject({ code: 'Soaking', until: w.state.now + day });
    expect(held?.at?.file).toBe('promotions/production/U-1.yaml');
    settle(w.later(day));
    expect(w.serves('production')).toContain('a-2-1.x86_64');
  });

  test('an admission is judged once: what is served stays when the followed channel lost it', () => {
    const w = follower(['a-1-1.x86_64'], { gates: { soakSeconds: day } });
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
    settle(w);
    settle(w.later(day).promote('production', 'U-1'));
    w.revert('testing', 'U-1');
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
    expect(w.serves('production')).toContain('a-2-1.x86_64');
  });

  test('an update enters whole', () => {
    const w = follower(['a-1-1.x86_64']);
    w.offers('v', ['a-2-1.x86_64', 'b-1-1.x86_64']).update('U-b', ['b-1-1.x86_64']);
    settle(w.promote('testing', 'U-b'));
    w.update('U-ab', ['a-2-1.x86_64', 'b-1-1.x86_64']).promote('production', 'U-ab');
    expect(codes(settle(w).holds)).toContain('NotInFollowed promotion:U-ab');
    expect(w.serves('production')).toEqual(['a-1-1.x86_64']);
  });
});

describe('requires', () => {
  test('updates that require each other enter together or not at all', () => {
    const w = follower(['a-1-1.x86_64', 'b-1-1.x86_64']);
    w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']);
    w.update('U-a', ['a-2-1.x86_64'], { requires: ['U-b'] }).update('U-b', ['b-2-1.x86_64']);
    w.promote('testing', 'U-a');
    expect(codes(settle(w).holds)).toContain('RequiresOther promotion:U-a');
    settle(w.promote('production', 'U-a', 'U-b'));
    expect(codes(settle(w).holds)).toEqual(expect.arrayContaining(['NotInFollowed promotion:U-b']));
    expect(w.serves('production')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64']);
    settle(w.promote('testing', 'U-b'));
    expect(w.serves('production')).toContain('a-2-1.x86_64');
    expect(w.serves('production')).toContain('b-2-1.x86_64');
  });
});

describe('what a served update requires', () => {
  const parted = () => {
    const w = follower(['a-1-1.x86_64', 'b-1-1.x86_64']);
    w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']);
    w.update('U-a', ['a-2-1.x86_64'], { requires: ['U-b'] }).update('U-b', ['b-2-1.x86_64']);
    settle(w.promote('testing', 'U-a', 'U-b'));
    return w;
  };
  const notes = (w: ReturnType<typeof parted>) =>
    codes(settle(w).notes).filter((note) => note.startsWith('RequiresOther'));

  test('was promoted with it: nothing to say', () => {
    expect(notes(parted())).toEqual([]);
  });

  test('is taken back alone: it stays served, and a note says that they are apart', () => {
    const w = parted();
    w.revert('testing', 'U-b');
    expect(notes(w)).toEqual(['RequiresOther promotion:U-a']);
    expect(w.serves('testing')).toEqual(expect.arrayContaining(['a-2-1.x86_64', 'b-1-1.x86_64']));
  });

  test('is taken back together with it: nothing to say', () => {
    const w = parted();
    w.revert('testing', 'U-b');
    w.revert('testing', 'U-a');
    expect(notes(w)).toEqual([]);
  });
});

describe('a promotion that brings what it requires', () => {
  const brings = (answer: 'ask' | 'never') => {
    const w = follower(['a-1-1.x86_64', 'b-1-1.x86_64']);
    w.policy('b', {
      match: { packages: ['b'], upstreams: [], severity: [] },
      priority: 1,
      approvals: { testing: 'auto', production: answer },
    });
    w.approvals({ testing: 'auto', production: 'auto' });
    w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']);
    w.update('U-a', ['a-2-1.x86_64'], { requires: ['U-b'] }).update('U-b', ['b-2-1.x86_64']);
    w.promote('testing', 'U-a', 'U-b');
    return w;
  };

  test('takes the strictest answer of them all, and names them all', () => {
    const w = brings('ask');
    settle(w);
    expect(w.serves('production')).not.toContain('b-2-1.x86_64');
    expect(openProposals(w)).toContain('promotion/production/U-a');
    const request = requestOf(w, 'promotion/production/U-a');
    expect(request.effect).toContain('a-2-1.x86_64, b-2-1.x86_64');
  });

  test('is held where a policy never lets one of them in, and names that policy', () => {
    const { holds } = settle(brings('never'));
    const hold = holds.find((h) => h.subject === 'update:U-a' && h.code === 'PolicyHold');
    expect(hold?.text).toContain('policy b never lets into production: b-2-1.x86_64');
    expect(hold?.at?.file).toBe('policies/b.yaml');
  });
});

describe('bytes', () => {
  test('a pin or an update without its bytes is held, and what is served stays', () => {
    const w = single(['a-1-1.x86_64']);
    const served = w.content('testing');
    const missing = w.latest('v').replace(/.$/, (c) => (c === '0' ? '1' : '0')) as never;
    w.pin('testing', 'v', missing).update('U-1', ['z-1-1.x86_64']).promote('testing', 'U-1');
    const rest = settle(w);
    expect(codes(rest.holds)).toEqual(['SnapshotMissing base:v', 'SnapshotMissing promotion:U-1']);
    expect(w.content('testing')).toBe(served);
  });
});

describe('removals', () => {
  test('more names than the gate allows do not vanish; allow lets them', () => {
    const w = single(many(20), { removals: { max: 2, allow: [] } });
    w.offers('v', many(17)).pin('testing', 'v');
    expect(codes(settle(w).holds)).toEqual(['RemovesTooMuch base:v']);
    expect(w.serves('testing')).toHaveLength(20);
    w.change('testing', (c) => ({
      ...c,
      gates: { ...c.gates, removals: { max: 2, allow: ['p17', 'p18.x86_64'] } },
    }));
    settle(w);
    expect(w.serves('testing')).toHaveLength(17);
  });

  test('[G17] a policy that skips more than the gate allows takes nothing away, and says what', () => {
    const w = single(many(20), { removals: { percent: 10, allow: [] } });
    const match = { packages: ['p1', 'p2', 'p3'], upstreams: [], severity: [] };
    w.policy('skip', { match, priority: 9, action: 'skip' });
    const rest = settle(w);
    expect(codes(rest.holds)).toEqual(['RemovesTooMuch channel:testing']);
    expect(rest.holds[0]?.text).toContain('p1.x86_64');
    expect(w.serves('testing')).toHaveLength(20);
  });

  test('[K26] a channel is never emptied or halved without its names being allowed', () => {
    const w = single(many(20));
    const served = w.content('testing');
    w.offers('v', many(10)).pin('testing', 'v');
    expect(codes(settle(w).holds)).toEqual(['ChannelWouldEmpty base:v']);
    w.offers('v', []).pin('testing', 'v');
    expect(codes(settle(w).holds)).toEqual(['ChannelWouldEmpty base:v']);
    w.change('testing', (c) => ({ ...c, base: [] }));
    expect(codes(settle(w).holds)).toEqual(['ChannelWouldEmpty base:v']);
    expect(w.content('testing')).toBe(served);
    w.change('testing', (c) => ({
      ...c,
      gates: { ...c.gates, removals: { allow: ['*'] } },
    }));
    settle(w);
    expect(w.serves('testing')).toEqual([]);
  });
});

describe('policies', () => {
  test('hold and never keep promoted updates out', () => {
    const w = single(['a-1-1.x86_64', 'b-1-1.x86_64']);
    w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']);
    w.update('U-a', ['a-2-1.x86_64']).update('U-b', ['b-2-1.x86_64']);
    const match = (name: string) => ({ packages: [name], upstreams: [], severity: [] });
    w.policy('a', { match: match('a'), priority: 9, action: 'hold' });
    w.policy('b', { match: match('b'), priority: 9, approvals: { testing: 'never' } });
    const rest = settle(w.promote('testing', 'U-a', 'U-b'));
    expect(codes(rest.holds)).toEqual(['PolicyHold promotion:U-a', 'PolicyHold promotion:U-b']);
    expect(rest.holds.map((h) => h.at?.file)).toEqual(['policies/a.yaml', 'policies/b.yaml']);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64']);
  });
});

describe('closure', () => {
  const enforce = { closure: { mode: 'enforce' as const, with: [] } };

  test('the unit that brings a broken package is held, the rest goes on', () => {
    const w = single(['a-1-1.x86_64', 'b-1-1.x86_64'], enforce);
    w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']).requires('a-2-1.x86_64', 'libnew');
    w.update('U-a', ['a-2-1.x86_64']).update('U-b', ['b-2-1.x86_64']);
    const rest = settle(w.promote('testing', 'U-a', 'U-b'));
    expect(codes(rest.holds)).toEqual(['ClosureBroken promotion:U-a']);
    expect(rest.holds[0]?.text).toContain('libnew');
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64', 'b-2-1.x86_64']);
  });

  test('the unit that takes a provider away is held, found by trying without each', () => {
    const w = single(['user-1-1.x86_64', 'lib-1-1.x86_64', 'b-1-1.x86_64'], enforce);
    w.requires('user', 'lib = 1').change('testing', (c) => ({ ...c, keep: 1 }));
    settle(w);
    w.offers('v', ['lib-2-1.x86_64', 'b-2-1.x86_64']);
    w.update('U-lib', ['lib-2-1.x86_64']).update('U-b', ['b-2-1.x86_64']);
    const rest = settle(w.promote('testing', 'U-lib', 'U-b'));
    expect(codes(rest.holds)).toEqual(['ClosureBroken promotion:U-lib']);
    expect(w.serves('testing')).toContain('b-2-1.x86_64');
    expect(w.serves('testing')).toContain('lib-1-1.x86_64');
  });

  test('a bootstrap records what is broken already; an update with the old complaint passes', () => {
    const w = world()
      .upstream('v')
      .channel('testing', { base: ['v'], gates: enforce });
    w.requires('a', 'nothing').offers('v', ['a-1-1.x86_64']).pin('testing', 'v');
    expect(planned(w).notes.map((n) => n.code)).toEqual(['ClosureBroken']);
    settle(w);
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']);
    settle(w.promote('testing', 'U-1'));
    expect(w.serves('testing')).toContain('a-2-1.x86_64');
  });

  test('reported where the mode is report', () => {
    const w = single(['a-1-1.x86_64'], { closure: { mode: 'report', with: [] } });
    w.offers('v', ['a-2-1.x86_64']).requires('a-2-1.x86_64', 'libnew');
    w.update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
    expect(
      planned(w)
        .notes.map((n) => n.text)
        .join(),
    ).toContain('libnew');
    settle(w);
    expect(w.serves('testing')).toContain('a-2-1.x86_64');
  });

  test('channels named in with provide too', () => {
    const w = world()
      .upstream('v')
      .upstream('x')
      .channel('extra', { base: ['x'] });
    w.offers('x', ['libnew-1-1.x86_64']).pin('extra', 'x');
    settle(w);
    w.channel('testing', {
      base: ['v'],
      gates: { closure: { mode: 'enforce', with: ['extra'] } },
    });
    settle(w.offers('v', ['a-1-1.x86_64']).pin('testing', 'v'));
    w.offers('v', ['a-2-1.x86_64']).requires('a-2-1.x86_64', 'libnew');
    settle(w.update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1'));
    expect(w.serves('testing')).toContain('a-2-1.x86_64');
  });
});

describe('operators', () => {
  test('a suspended channel holds, a suspended upstream is not mirrored', () => {
    const w = single(['a-1-1.x86_64']).upstream('due');
    w.state.suspensions = [
      { object: 'channel/testing', reason: 'freeze' },
      { object: 'upstream/due', reason: 'moving', until: w.state.now + day },
    ];
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
    const rest = settle(w);
    expect(codes(rest.holds)).toEqual(['Suspended channel:testing', 'Suspended upstream:due']);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
  });

  test('without the key nothing is published', () => {
    const w = single(['a-1-1.x86_64']);
    w.state.signingKeys = [];
    w.offers('v', ['a-2-1.x86_64']).update('U-1', ['a-2-1.x86_64']).promote('testing', 'U-1');
    expect(codes(planned(w).holds)).toEqual(['KeyMissing channel:testing']);
  });
});
