import { describe, expect, it } from 'vitest';
import type { PackageChange, ProposalRequest, Sha256 } from '../../src/model/index.ts';
import {
  commitMessage,
  markdownText,
  proposalBody,
  proposalMessage,
} from '../../src/proposer/index.ts';

const base: ProposalRequest = {
  kind: 'errata',
  identity: 'errata/testing/EXSA-2026-0001',
  channel: 'testing',
  title: 'Important: EXSA-2026:0001 for testing',
  effect: 'Merging this promotes EXSA-2026:0001 to testing.',
  edits: [],
  advisories: [
    {
      id: 'EXSA-2026:0001',
      type: 'security',
      severity: 'Important',
      title: 'hello: fixes a greeting',
      cves: ['CVE-2026-0001', 'CVE-2026-0002'],
      issued: '2026-11-20',
      rebootSuggested: true,
    },
  ],
  delta: {
    channel: 'testing',
    trees: {},
    changes: [
      { tree: 'x86_64', name: 'hello', arch: 'x86_64', from: '1.0-1', to: '1.0-2' },
      { tree: 'x86_64', name: 'libgreet', arch: 'x86_64', to: '0:2.0-1' },
      { tree: 'x86_64', name: 'old', arch: 'noarch', from: '1-1' },
    ],
    downloadBytes: 3_500_000,
  },
  deltaDigest: 'd1'.padEnd(64, '0') as Sha256,
  gates: [{ code: 'Soaking', text: 'soaks until it is old enough', until: 1_790_000_000 }],
  why: 'vendor published it',
  at: { file: 'channels/testing.yaml', line: 12, col: 3 },
};

const hostile = [
  '<script>alert(1)</script>',
  '@everyone please',
  'a | b | c',
  '`code` and ```fence',
  'first\n\n# heading\n- item',
  '# heading',
  '1. one',
  '---',
  '\u202egnirts\u202c',
  '[click](javascript:alert(1))',
  '![x](https://evil.example/x.png)',
  '--> <img src=x onerror=alert(1)>',
  'fixes #1, closes GH-2',
  '*bold* _it_ ~~gone~~',
  '\u001b[31mred',
  '=cmd|/c calc',
];

describe('the body', () => {
  it('answers the questions in their order', () => {
    const body = proposalBody(base);
    const order = [
      'Merging this promotes',
      '| package | from | to | arch | tree |',
      '| `hello` | `1.0-1` | `1.0-2` | `x86_64` | `x86_64` |',
      '| advisory | severity |',
      '`CVE-2026-0001` `CVE-2026-0002`',
      'Dependency closure of the resulting channel',
      'A reboot is suggested. Download: 3.3 MiB.',
      'Why: vendor published it (`channels/testing.yaml:12:3`)',
      '`Soaking`: soaks until it is old enough (until 2026-09-21T14:13:20.000Z)',
      'git revert --no-edit',
      'Delta digest: `sha256:d1',
      '<!-- sluice: {',
    ];
    const places = order.map((text) => body.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(proposalBody(base)).toBe(body);
  });

  it('counts and links what is too long to read', () => {
    const many: PackageChange[] = Array.from({ length: 70_000 }, (_, i) => ({
      tree: 'x86_64',
      name: `package-${i}`,
      arch: 'x86_64',
      to: '1-1',
    }));
    const request = { ...base, delta: { ...base.delta, changes: many } };
    const body = proposalBody(request, { proposalsUrl: 'https://rpm.example.org/proposals' });
    expect(body).toContain('| new | 70000 |');
    expect(body).toContain('<https://rpm.example.org/proposals/>');
    expect(body.length).toBeLessThan(4000);
  });

  it('stays below what forges accept, whatever the upstream writes', () => {
    const advisory = { ...base.advisories[0], title: 'x'.repeat(100_000) };
    const advisories = Array.from({ length: 5000 }, () => ({ ...base.advisories[0], ...advisory }));
    const gates = Array.from({ length: 5000 }, () => ({ code: 'Soaking', text: 'y'.repeat(5000) }));
    const body = proposalBody({ ...base, advisories, gates } as ProposalRequest);
    expect(body.length).toBeLessThan(65_536);
    expect(body).toContain('git revert');
  });

  it.each(hostile)('[L07] keeps %j from being more than text', (text) => {
    const [advisory] = base.advisories;
    const body = proposalBody({
      ...base,
      title: text,
      effect: text,
      why: text,
      identity: text,
      gates: [
        { code: 'ClosureBroken', text },
        { code: text, text },
      ],
      advisories:
        advisory === undefined ? [] : [{ ...advisory, id: text, title: text, cves: [text] }],
      delta: {
        ...base.delta,
        changes: [{ tree: text, name: text, arch: text, from: text, to: text }],
      },
    });
    const { prose, comment } = split(body);
    expect(prose).not.toMatch(/<(?!https?:)[a-z!/]/i);
    expect(prose).not.toMatch(/@[a-z]/i);
    expect(prose).not.toMatch(/(?<!\\)[[\]]/);
    expect(prose).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/,
    );
    expect(prose).not.toMatch(/^[-*| ]*#/m);
    expect(comment.slice(4, -3)).not.toMatch(/--|>/);
    for (const line of prose.split('\n').filter((l) => l.startsWith('|'))) {
      expect([3, 6, 7]).toContain(line.match(/(?<!\\)\|/g)?.length);
    }
  });

  it('does not call every gate open while the closure has findings', () => {
    const broken = { code: 'ClosureBroken', text: 'a-1-1 needs b (it would be held)' } as const;
    const { prose } = split(proposalBody({ ...base, gates: [broken] }));
    expect(prose).toContain('all open but the dependency closure');
    expect(prose).not.toContain('merging is the answer');
    const { prose: open } = split(proposalBody({ ...base, gates: [] }));
    expect(open).toContain('Gates: all open; merging is the answer.');
  });
});

/** Prose without the fenced command and the machine's comment. */
function split(body: string) {
  const at = body.lastIndexOf('<!-- sluice');
  return {
    prose: body.slice(0, at).replace(/```sh\n[^\n]*\n```/, ''),
    comment: body.slice(at).trim(),
  };
}

describe('the undo command', () => {
  it('cannot be left by a hostile identity', () => {
    const body = proposalBody({ ...base, identity: `x'; touch canary; '\n\`\`\`` });
    const command = /```sh\n(.*)\n```/.exec(body)?.[1];
    expect(command).toBe(
      `git revert --no-edit "$(git log -1 --no-merges --format=%H --grep='Sluice-Proposal: x...touch.canary.......$')"`,
    );
  });
});

describe('the commit message', () => {
  it('has subject, reason and trailers', () => {
    expect(proposalMessage(base)).toBe(
      [
        'Important: EXSA-2026:0001 for testing',
        '',
        'Merging this promotes EXSA-2026:0001 to testing.',
        '',
        'vendor published it',
        '',
        'Sluice-Proposal: errata/testing/EXSA-2026-0001',
        `Sluice-Delta: ${base.deltaDigest}`,
        '',
      ].join('\n'),
    );
  });

  it('takes no trailer and no line from hostile text', () => {
    const message = commitMessage({
      subject: `evil\n\nSluice-Proposal: other\u202e${'x'.repeat(500)}`,
      paragraphs: ['a\nSluice-Proposal: other', ''],
      trailers: { 'Sluice-Proposal': 'mine\nSluice-Delta: forged' },
    });
    const lines = message.split('\n');
    expect(lines.filter((line) => line.startsWith('Sluice-'))).toEqual([
      'Sluice-Proposal: mine Sluice-Delta: forged',
    ]);
    expect(lines[0]?.length).toBeLessThanOrEqual(120);
  });
});

it.each([
  ['1. one', '1\\. one'],
  ['12) x', '12\\) x'],
  ['- x', '\\- x'],
])('starts no list with %j', (text, expected) => {
  expect(markdownText(text)).toBe(expected);
});

it('leaves ordinary words readable', () => {
  expect(markdownText('kernel: out-of-bounds write in net/ipv4 (1.2.3)')).toBe(
    'kernel: out-of-bounds write in net/ipv4 \\(1.2.3\\)',
  );
});
