import { describe, expect, test } from 'vitest';
import { findingsWith, policyText, readWith, smallPolicy, textWith } from '../small-policy.ts';

const path = 'channels/production.yaml';
const production = (...lines: readonly string[]): Readonly<Record<string, string>> => ({
  [path]: `${(smallPolicy[path] ?? '').replace(/gates:.*\n/, '')}${lines.join('\n')}\n`,
});
const freeze = (...lines: readonly string[]): Readonly<Record<string, string>> => ({
  'freezes/xmas.yaml': policyText('Freeze', 'name: xmas', 'reason: nobody is here', ...lines),
});
const messages = (changes: Readonly<Record<string, string>>): readonly string[] =>
  findingsWith(changes).map((f) => f.message);

describe('gates', () => {
  test('are read with their defaults', () => {
    const read = readWith(
      production(
        'gates:',
        '  window: "Mon-Wed,Fri 22:00-04:00 Europe/Zurich"',
        '  cadence: { take: Tue, admit: Wed }',
        '  approvals: { count: 2, from: [alice, bob] }',
        '  expedite: { severity: [Critical], skip: [soak, window] }',
        'waivers:',
        '  - { gate: soak, update: "EX-2026:1", until: 2026-12-01, reason: tried }',
      ),
    );
    const channel = read.desired?.channels.get('production');
    expect(channel?.gates).toMatchObject({
      window: { days: [1, 2, 3, 5], fromMinute: 1320, toMinute: 240, zone: 'Europe/Zurich' },
      cadence: { take: { days: [2], zone: 'UTC' }, admit: { days: [3] } },
      approvals: { count: 2, from: ['alice', 'bob'] },
      expedite: { severity: ['Critical'], skip: ['soak', 'window'] },
    });
    expect(channel?.waivers).toMatchObject([{ gate: 'soak', at: { file: path, line: 14 } }]);
    expect(readWith({}).desired?.channels.get('production')?.gates).toEqual({
      soakSeconds: 604800,
      closure: { mode: 'enforce', with: ['testing'] },
      removals: { allow: [] },
    });
  });

  test('a window that cannot be read says what is wrong with it', () => {
    const window = (text: string) => messages(production(`gates: { window: "${text}" }`))[0];
    expect(window('Wed')).toContain('expected weekdays, hours and a time zone');
    expect(window('Wed 8-16 UTC')).toContain('expected hours such as 08:00-16:00');
    expect(window('Wed 08:61-16:00 UTC')).toContain('expected hours');
    expect(window('Wed 08:00-08:00 UTC')).toContain('has no length');
    expect(window('Wes 08:00-16:00 UTC')).toContain('expected days of Sun Mon');
    expect(window('Wed 08:00-16:00 Europe/Zurch')).toContain('Did you mean "Europe/Zurich"?');
    expect(window('Wed 08:00-16:00 +02:00')).toContain('there is no time zone');
  });

  test('what could never open, or contradicts itself, is found', () => {
    const gates = (text: string) => messages(production(`gates: { ${text} }`));
    expect(gates('approvals: { count: 3, from: [alice, bob, bob] }')).toEqual([
      '3 approvals are wanted of 2 people',
    ]);
    expect(gates('approvals: { count: 1, from: ["al ice"] }')[0]).toContain("a person's name");
    expect(gates('approvals: { count: 1, from: [] }')[0]).toContain('at least one person');
    expect(gates('cadence: { take: Wed, admit: Wed }')).toEqual([
      'take and admit are the same day, Wed',
    ]);
    expect(gates('cadence: { take: Tue, admit: Wed, zone: Mars/Base }')[0]).toContain('time zone');
    const testing = `${smallPolicy['channels/testing.yaml']}gates: { cadence: { take: Tue, admit: Wed } }\n`;
    expect(messages({ 'channels/testing.yaml': testing })).toEqual([
      'testing has a cadence and follows no channel to take content from',
    ]);
  });

  test('who may approve is somebody', () => {
    const approvals = (from: string, count = 1) => ({
      ...production(`gates: { approvals: { count: ${count}, from: [${from}] } }`),
    });
    expect(messages(approvals('"team:linux"'))).toEqual([
      'there is no team "linux" in access.yaml',
    ]);
    const access = policyText(
      'Access',
      'people: [{ name: alice, logins: { github: alice } }, { name: bob, logins: { github: b } }]',
      'teams: { linux: [alice, bob] }',
      'rules: [{ may: [promote], from: [linux] }]',
    );
    const errors = (from: string, count: number) =>
      findingsWith({ ...approvals(from, count), 'access.yaml': access })
        .filter((f) => f.at.file === path)
        .map((f) => `${f.message} ${f.fix}`);
    expect(errors('"team:linux"', 2)).toEqual([]);
    expect(errors('linux', 2)).toEqual([]);
    expect(errors('"team:linux"', 3)[0]).toContain('3 approvals are wanted of 2 people');
    expect(errors('alize', 1)[0]).toContain(
      'no person "alize" in access.yaml Did you mean "alice"?',
    );
  });

  test('a waiver names what it is for', () => {
    const waiver = '[{ gate: soak, until: 2026-12-01, reason: tried }]';
    expect(textWith(production(`waivers: ${waiver}`))).toContain(
      'the waiver names neither an update nor packages',
    );
  });
});

describe('freezes', () => {
  test('days are whole days in UTC', () => {
    const read = readWith(freeze('from: 2026-12-16', 'until: 2027-01-06', 'triggers: ["glibc*"]'));
    expect(read.desired?.freezes).toMatchObject([
      {
        name: 'xmas',
        file: 'freezes/xmas.yaml',
        channels: [],
        from: Date.parse('2026-12-16T00:00:00Z') / 1000,
        until: Date.parse('2027-01-07T00:00:00Z') / 1000,
        triggers: ['glibc*'],
      },
    ]);
  });

  test('channels that are not there, an end before the beginning and a wrong name are found', () => {
    expect(messages(freeze('channels: [produktion]'))).toEqual([
      'there is no channel "produktion"',
    ]);
    expect(messages(freeze('from: 2026-12-16', 'until: 2026-12-01'))).toEqual([
      'the freeze ends before it begins',
    ]);
    expect(messages(freeze('until: soon'))[0]).toContain('expected a day or an instant');
    const other = { 'freezes/winter.yaml': freeze()['freezes/xmas.yaml'] ?? '' };
    expect(messages(other)).toEqual(['"xmas" stands in freezes/winter.yaml']);
  });
});
