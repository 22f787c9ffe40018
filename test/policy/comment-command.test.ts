import { expect, test } from 'vitest';
import { commandForms, readCommand } from '../../src/policy/index.ts';

const digest = 'ab'.repeat(32);
const commit = 'cd'.repeat(20);

test.each([
  ['/sluice explain', { verb: 'explain' }],
  ['/sluice good', { verb: 'good', reason: '' }],
  ['/sluice hold the vendor took it back', { verb: 'hold', reason: 'the vendor took it back' }],
  ['/sluice reject\r\n\r\nmore words', { verb: 'reject', reason: '' }],
  [`/sluice approve ${digest}`, { verb: 'approve', delta: digest }],
  [`/sluice approve sha256:${digest} ${commit}`, { verb: 'approve', delta: digest, head: commit }],
  ['/sluice expedite root exploit', { verb: 'expedite', reason: 'root exploit' }],
  [
    '/sluice waive soak 2026-12-31 tried on the pilots',
    { verb: 'waive', gate: 'soak', until: '2026-12-31', reason: 'tried on the pilots' },
  ],
])('%s is understood', (text, command) => {
  expect(readCommand(text)).toEqual(command);
});

test.each([
  'please /sluice hold',
  ' /sluice hold',
  '> /sluice hold',
  '```\n/sluice hold\n```',
  '/sluiced hold',
  '/Sluice hold',
  '<!-- /sluice hold -->',
  '',
])('%j is no command', (text) => {
  expect(readCommand(text)).toBeUndefined();
});

test.each([
  '/sluice',
  '/sluice  ',
  '/sluice Hold',
  '/sluice constructor',
  '/sluice toString',
  '/sluice explain everything',
  '/sluice approve',
  `/sluice approve ${digest.slice(0, 40)}`,
  `/sluice approve ${digest.toUpperCase()}`,
  `/sluice approve ${digest} ${commit.slice(0, 12)}`,
  `/sluice approve ${digest} ${commit} now`,
  '/sluice expedite',
  '/sluice waive closure 2026-12-31 because',
  '/sluice waive soak 2026-02-30 because',
  '/sluice waive soak 2026-12-31',
  '/sluice hold\n/sluice good',
  '/sluice hold a\u202eb',
  '/sluice hold a\u0007b',
  `/sluice hold ${'x'.repeat(700)}`,
  '/sluice\thold',
])('%j is refused with what is expected', (text) => {
  expect(readCommand(text)).toMatchObject({ problem: expect.stringMatching(/expected|one /) });
});

test('the form of each verb is understood, once its words are filled in', () => {
  for (const [verb, form] of Object.entries(commandForms)) {
    const filled = form
      .replace(/\[.*\]/, '')
      .replace('DELTA', digest)
      .replace('GATE YYYY-MM-DD', 'freeze 2027-01-01')
      .replace('REASON', 'because');
    expect(readCommand(filled), filled).toMatchObject({ verb });
  }
});
