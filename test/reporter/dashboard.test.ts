import { expect, test } from 'vitest';
import { dashboardPage, type StatusView, statusText } from '../../src/reporter/index.ts';

const hostile = '<script>alert(1)</script>\u202e"\'`&';

const view: StatusView = {
  site: hostile,
  trust: 'open',
  acceptedHead: 'a'.repeat(40),
  policyInForce: 'b'.repeat(40),
  findings: [`channels/x.yaml:1:1 PolicyInvalid ${hostile}`],
  upstreams: [
    {
      name: 'vendor',
      packages: 3,
      snapshot: `sha256:${'c'.repeat(64)}`,
      taken: '2026-11-22T00:00:00Z',
      refused: 1,
      fault: undefined,
    },
  ],
  channels: [
    {
      name: 'testing',
      generation: 2,
      published: '2026-11-22T00:00:00Z',
      packages: 3,
      commit: 'a'.repeat(40),
      url: 'http://127.0.0.1/testing/',
      waiting: 1,
      sizes: [
        { generation: 1, packages: 2 },
        { generation: 2, packages: 3 },
      ],
    },
  ],
  proposals: [
    {
      number: 4,
      title: hostile,
      branch: 'sluice/errata/testing/x',
      edited: false,
      channel: 'testing',
    },
  ],
  holds: [{ code: 'Soaking', subject: 'update:x', text: hostile, awaits: 'time' }],
  suspensions: [],
  pending: 0,
};

test('[L07] nothing that an upstream or a commit says becomes markup', () => {
  const page = dashboardPage(view);
  expect(page).not.toContain('<script');
  expect(page).not.toContain('\u202e');
  expect(page).toContain('&#60;script&#62;');
});

test('the page tells how to answer and how to try a proposal, and plots the sizes', () => {
  const page = dashboardPage(view);
  expect(page).toContain('git merge sluice/errata/testing/x');
  expect(page).toContain('href="/proposals/4/testing.repo"');
  expect(page).toMatch(/<polyline points="0\.0,14\.0 200\.0,2\.0"\/>/);
});

test('status in text has no colours of its own, and says that an older policy is in force', () => {
  const text = statusText(view, (_style, words) => words);
  expect(text).not.toContain('\u001b');
  expect(text).toContain(`${'b'.repeat(12)} stays in force`);
  expect(text).toContain('1 refused');
  expect(text).toContain('in sync');
  const broken = { code: 'ClosureBroken', subject: 'update:x', text: 'y', awaits: 'z' } as const;
  const refused = statusText({ ...view, holds: [broken] }, (_style, words) => words);
  expect(refused).not.toContain('in sync');
  expect(refused).toContain('somebody should look at: ClosureBroken');
});
