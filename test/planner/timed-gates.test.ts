import { describe, expect, test } from 'vitest';
import type { ChangeWindow, Freeze, Gates } from '../../src/model/index.ts';
import { isInside, lastClosing, nextChange } from '../../src/planner/local-time.ts';
import { parseChangeWindow, wholeDay } from '../../src/policy/change-window.ts';
import { openProposals, planned, requestOf, settle } from '../support/apply.ts';
import { day, type ModelWorld, place, world } from '../support/world.ts';
import { pkg } from '../support/world-packages.ts';

const hour = 3600;
const seconds = (iso: string): number => Date.parse(iso) / 1000;
const iso = (at: number | undefined) => (at === undefined ? at : new Date(at * 1000).toISOString());

function hours(text: string): ChangeWindow {
  const read = parseChangeWindow(text);
  if ('problem' in read) throw new Error(read.problem);
  return read.window;
}

describe('hours of a week in a time zone', () => {
  const opens = (text: string, at: string) => iso(nextChange(hours(text), seconds(at)));

  test('the next opening, in summer and in winter', () => {
    const text = 'Wed 08:00-16:00 Europe/Zurich';
    expect(opens(text, '2026-07-20T10:00:00Z')).toBe('2026-07-22T06:00:00.000Z');
    expect(opens(text, '2026-11-22T10:00:00Z')).toBe('2026-11-25T07:00:00.000Z');
    expect(isInside(hours(text), seconds('2026-11-25T07:00:00Z'))).toBe(true);
    expect(isInside(hours(text), seconds('2026-11-25T15:00:00Z'))).toBe(false);
    expect(opens(text, '2026-11-25T07:30:00Z')).toBe('2026-11-25T15:00:00.000Z');
  });

  test('hours that the clocks leave out begin when they go on, or not at all that day', () => {
    const before = '2026-03-28T12:00:00Z';
    expect(opens('Sun 02:30-04:00 Europe/Zurich', before)).toBe('2026-03-29T01:00:00.000Z');
    expect(opens('Sun 02:00-03:00 Europe/Zurich', before)).toBe('2026-04-05T00:00:00.000Z');
  });

  test('hours that the clocks show twice are open twice', () => {
    const window = hours('Sun 02:30-02:45 Europe/Zurich');
    const first = seconds('2026-10-25T00:30:00Z');
    expect(nextChange(window, first - day)).toBe(first);
    expect(isInside(window, first + hour)).toBe(true);
    expect(isInside(window, first + hour / 2)).toBe(false);
  });

  test('a weekend is one stretch of 49 hours when the clocks are set back', () => {
    const weekend = hours('Sat,Sun 00:00-24:00 Europe/Zurich');
    const from = nextChange(weekend, seconds('2026-10-22T00:00:00Z'));
    expect(nextChange(weekend, from ?? 0)).toBe((from ?? 0) + 49 * hour);
  });

  test('hours over midnight belong to the day on which they begin', () => {
    const window = hours('Fri 22:00-04:00 UTC');
    expect(isInside(window, seconds('2026-11-28T03:59:00Z'))).toBe(true);
    expect(isInside(window, seconds('2026-11-27T03:00:00Z'))).toBe(false);
    expect(iso(lastClosing(window, seconds('2026-11-30T00:00:00Z')))).toBe(
      '2026-11-28T04:00:00.000Z',
    );
  });

  test('always open never changes', () => {
    expect(nextChange(hours('Mon-Sun 00:00-24:00 UTC'), 0)).toBeUndefined();
  });
});

/** 2023-11-14 22:13 UTC, a Tuesday, is now in this world. */
function follower(gates: Partial<Gates> = {}, more: object = {}): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] })
    .channel('production', { base: ['v'], follows: 'testing' });
  settle(w.offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']).pin('testing', 'v'));
  settle(w.pin('production', 'v'));
  w.change('production', (c) => ({ ...c, ...more, gates: { ...c.gates, ...gates } }));
  w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']);
  w.update('U-a', ['a-2-1.x86_64']).update('U-b', ['b-2-1.x86_64']);
  settle(w.promote('testing', 'U-a', 'U-b'));
  return w;
}

const holdsOf = (w: ModelWorld, subject = 'promotion:U-a') =>
  settle(w).holds.filter((h) => h.subject === subject && h.channel === 'production');

const freeze = (more: Partial<Freeze> = {}): Freeze => ({
  ...{ name: 'stop', file: 'freezes/stop.yaml', channels: [], triggers: [] },
  ...{ reason: 'holidays', at: place('freezes/stop.yaml'), ...more },
});

describe('window', () => {
  test('admits inside its hours only, and says when it opens', () => {
    const w = follower({ window: hours('Wed 08:00-16:00 UTC') });
    const [hold] = holdsOf(w.promote('production', 'U-a'));
    expect(hold).toMatchObject({ code: 'OutsideWindow', awaits: 'time' });
    expect(iso(hold?.until)).toBe('2023-11-15T08:00:00.000Z');
    expect(w.serves('production')).not.toContain('a-2-1.x86_64');
    settle(w.later((hold?.until ?? 0) - w.state.now));
    expect(w.serves('production')).toContain('a-2-1.x86_64');
  });

  test('a rollback passes at any hour', () => {
    const w = follower().promote('production', 'U-a');
    settle(w);
    w.change('production', (c) => ({
      ...c,
      gates: { ...c.gates, window: hours('Wed 08:00-16:00 UTC') },
    }));
    w.state.desired.freezes = [freeze()];
    settle(w.revert('production', 'U-a'));
    expect(w.serves('production')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64']);
  });

  test('a proposal says that a merge waits for it', () => {
    const w = follower({ window: hours('Wed 08:00-16:00 UTC') });
    const gates = requestOf(w, 'promotion/production/U-a').gates;
    expect(gates.map((g) => [g.code, iso(g.until)])).toEqual([
      ['OutsideWindow', '2023-11-15T08:00:00.000Z'],
    ]);
  });
});

describe('freezes', () => {
  test('stop admissions in their time and channels, and name file and end', () => {
    const w = follower().promote('production', 'U-a');
    w.state.desired.freezes = [freeze({ channels: ['production'], until: w.state.now + day })];
    expect(holdsOf(w)).toMatchObject([
      { code: 'Frozen', until: w.state.now + day, at: { file: 'freezes/stop.yaml' } },
    ]);
    expect(holdsOf(w)[0]?.text).toContain('holidays');
    expect(w.serves('testing')).toContain('a-2-1.x86_64');
    settle(w.later(day));
    expect(w.serves('production')).toContain('a-2-1.x86_64');
  });

  test('without a time it lasts until the file is deleted; of another channel it does nothing', () => {
    const w = follower().promote('production', 'U-a');
    w.state.desired.freezes = [freeze()];
    expect(holdsOf(w.later(400 * day))[0]).toMatchObject({ code: 'Frozen' });
    expect(holdsOf(w)[0]?.until).toBeUndefined();
    w.state.desired.freezes = [freeze({ channels: ['testing'] })];
    settle(w);
    expect(w.serves('production')).toContain('a-2-1.x86_64');
  });

  test('weekly hours', () => {
    const w = follower().promote('production', 'U-a');
    w.state.desired.freezes = [freeze({ weekly: hours('Tue 00:00-24:00 UTC') })];
    expect(iso(holdsOf(w)[0]?.until)).toBe('2023-11-15T00:00:00.000Z');
  });

  test('a dangerous package stops everything until a waiver lets it in', () => {
    const w = follower().promote('production', 'U-b');
    w.state.desired.freezes = [freeze({ triggers: ['a*'] })];
    settle(w);
    expect(w.serves('production')).toContain('b-2-1.x86_64');
    w.offers('v', ['b-3-1.x86_64', 'a-2-1.x86_64']).update('U-c', ['b-3-1.x86_64']);
    settle(w.promote('testing', 'U-c'));
    w.promote('production', 'U-a', 'U-c');
    expect(holdsOf(w, 'promotion:U-c')).toMatchObject([{ code: 'Frozen' }]);
    expect(holdsOf(w)[0]?.text).toContain('a-2-1.x86_64 wants to enter');
    const waiver = {
      gate: 'freeze',
      update: 'U-a',
      until: '2023-11-20',
      reason: 'looked',
    } as const;
    w.change('production', (c) => ({ ...c, waivers: [{ ...waiver, at: place('x') }] }));
    expect(planned(w).notes).toMatchObject([{ code: 'Waived', subject: 'promotion:U-a' }]);
    settle(w);
    expect(w.serves('production')).toEqual(
      expect.arrayContaining(['a-2-1.x86_64', 'b-3-1.x86_64']),
    );
  });
});

describe('cadence', () => {
  const cadence = { take: wholeDay('Tue', 'UTC'), admit: wholeDay('Wed', 'UTC') };

  test("production takes Tuesday's content on Wednesday", () => {
    const w = follower({ cadence }).promote('production', 'U-a');
    const [hold] = holdsOf(w);
    expect(hold).toMatchObject({ code: 'AwaitsCadence', awaits: 'time' });
    expect(iso(hold?.until)).toBe('2023-11-15T00:00:00.000Z');
    settle(w.later(2 * hour));
    expect(w.serves('production')).toContain('a-2-1.x86_64');
  });

  test("Wednesday's own content waits for the next week", () => {
    const w = follower({ cadence });
    w.later(2 * hour).offers('v', ['a-3-1.x86_64', 'b-2-1.x86_64']);
    w.update('U-late', ['a-3-1.x86_64']).promote('testing', 'U-late');
    settle(w);
    const [hold] = holdsOf(w.promote('production', 'U-late'), 'promotion:U-late');
    expect(iso(hold?.until)).toBe('2023-11-22T00:00:00.000Z');
  });
});

describe('expedite and waivers', () => {
  const critical = { id: 'U-a', sha256: pkg('a-2-1.x86_64').sha256, severity: 'Important' };
  const lane = { severity: ['Critical'], skip: ['soak', 'window'] } as const;
  const slow = { soakSeconds: 7 * day, window: hours('Wed 08:00-16:00 UTC') };

  test('what the site calls critical is asked for at once and passes soak and window, with a note', () => {
    const w = follower({ ...slow, expedite: lane });
    expect(openProposals(w)).toEqual([]);
    const advisory = { ...critical, siteSeverity: 'Critical', reason: 'used here' };
    w.update('U-a', ['a-2-1.x86_64'], { advisory });
    settle(w);
    expect(openProposals(w)).toEqual(['promotion/production/U-a']);
    const notes = planned(w.promote('production', 'U-a', 'U-b')).notes;
    expect(notes.map((n) => `${n.code} ${n.subject}`)).toEqual([
      'Expedited promotion:U-a',
      'Expedited promotion:U-a',
    ]);
    expect(holdsOf(w, 'promotion:U-b')).toMatchObject([{ code: 'Soaking' }]);
    expect(w.serves('production')).toContain('a-2-1.x86_64');
  });

  test('gates that the lane does not name stay closed', () => {
    const w = follower({ ...slow, expedite: { ...lane, skip: ['soak'] } });
    w.update('U-a', ['a-2-1.x86_64'], { advisory: { ...critical, severity: 'Critical' } });
    expect(holdsOf(w.promote('production', 'U-a'))).toMatchObject([{ code: 'OutsideWindow' }]);
  });

  test('a waiver opens one gate for its packages until its day, and is reported', () => {
    const at = place('channels/production.yaml', 9);
    const waivers = [
      { gate: 'soak', packages: ['a'], until: '2023-11-14', reason: 'tried', at } as const,
    ];
    const w = follower({ soakSeconds: 7 * day }, { waivers });
    const notes = planned(w.promote('production', 'U-a', 'U-b')).notes;
    expect(notes).toMatchObject([{ code: 'Waived', subject: 'promotion:U-a', at }]);
    expect(holdsOf(w, 'promotion:U-b')).toMatchObject([{ code: 'Soaking' }]);
    expect(w.serves('production')).toContain('a-2-1.x86_64');
  });

  test('a waiver that has ended opens nothing', () => {
    const at = place('channels/production.yaml', 9);
    const waivers = [
      { gate: 'soak', packages: ['*'], until: '2023-11-13', reason: 'tried', at } as const,
    ];
    const w = follower({ soakSeconds: 7 * day }, { waivers });
    expect(holdsOf(w.promote('production', 'U-a'))).toMatchObject([{ code: 'Soaking' }]);
  });
});
