import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { FileEdit } from '../../src/model/index.ts';
import { applyEdits } from '../../src/proposer/index.ts';

const channel = `# yaml-language-server: $schema=../schemas/channel.schema.json
apiVersion: sluice/v1
kind: Channel
name: production          # what machines say
path: el9/production

# The pins. Moved by proposals.
base:
  - { upstream: el9-baseos, snapshot: "sha256:aaaa", taken: 2026-11-20T06:00:00Z, advance: updates }   # the base
  - {upstream: el9-appstream, advance: updates}
trees: [x86_64, source]
keep: 1.10
gates: { soak: 7d, closure: { mode: enforce, with: [appstream] } }
# pin: { generation: 41, digest: "sha256:…" }
`;

const only = (text: string | undefined, edit: FileEdit) => {
  const changes = applyEdits((path) => (path === edit.path ? text : undefined), [edit]);
  expect(changes).toHaveLength(1);
  return changes[0]?.text;
};
const set = (at: readonly (string | number)[], value: unknown): FileEdit => ({
  kind: 'set',
  path: 'channels/production.yaml',
  at,
  value,
});
const changedLines = (before: string, after = '') => {
  const old = before.split('\n');
  return after.split('\n').filter((line) => !old.includes(line));
};

describe('set', () => {
  it('moves a pin and leaves every other line as it was written', () => {
    const after = only(channel, set(['base', 0, 'snapshot'], 'sha256:bbbb'));
    expect(changedLines(channel, after)).toEqual([
      '  - { upstream: el9-baseos, snapshot: "sha256:bbbb", taken: 2026-11-20T06:00:00Z, advance: updates }   # the base',
    ]);
    expect(after?.split('\n')).toHaveLength(channel.split('\n').length);
  });

  it('adds the first pin to a flow map', () => {
    const after = only(channel, set(['base', 1, 'snapshot'], 'sha256:cccc'));
    expect(changedLines(channel, after)).toHaveLength(1);
    expect(parse(after ?? '')).toMatchObject({
      base: [{ snapshot: 'sha256:aaaa' }, { upstream: 'el9-appstream', snapshot: 'sha256:cccc' }],
    });
  });

  it('adds and removes a key, and ends where it began', () => {
    const pin = { generation: 41, digest: 'sha256:dddd' };
    const pinned = only(channel, set(['pin'], pin));
    expect(changedLines(channel, pinned)).toEqual(['pin: { generation: 41, digest: sha256:dddd }']);
    const back = only(pinned, set(['pin'], undefined));
    expect(parse(back ?? '')).toEqual(parse(channel));
    expect(changedLines(channel, back)).toEqual([]);
  });

  it('keeps text as it was written: 1.10 is not 1.1', () => {
    expect(only(channel, set(['name'], 'other'))).toContain('\nkeep: 1.10\n');
  });

  it('keeps comments behind keys and unpadded lists in the files that init writes', () => {
    const written = `trees: [x86_64]
base:   # the controller pins a snapshot here
  - { upstream: vendor, advance: updates }
keep: 2   # newest versions
gates: { closure: { mode: report } }   # nothing is blocked
`;
    const pinned = only(written, set(['base', 0, 'snapshot'], 'sha256:cccc'));
    expect(changedLines(written, pinned)).toEqual([
      '  - { upstream: vendor, advance: updates, snapshot: sha256:cccc }',
    ]);
    const rolled = only(written, set(['pin'], { generation: 1, digest: 'sha256:dd' }));
    expect(rolled).toBe(`${written}pin: { generation: 1, digest: sha256:dd }\n`);
    expect(only(rolled, set(['pin'], undefined))).toBe(written);
    expect(changedLines(written, only(written, set(['keep'], 3)))).toEqual([
      'keep: 3   # newest versions',
    ]);
  });

  it('refuses to change a file that is not there', () => {
    expect(() => only(undefined, set(['name'], 'x'))).toThrow('channels/production.yaml');
  });
});

describe('create', () => {
  const update: FileEdit = {
    kind: 'create',
    path: 'updates/EXSA-2026-0001.yaml',
    document: {
      id: 'EXSA-2026:0001',
      advisory: { id: 'EXSA-2026:0001', sha256: '77ab', severity: 'Important', reason: undefined },
      packages: [{ nevra: 'hello-1.0-2.x86_64', sha256: '4a1f', upstream: 'vendor' }],
      requires: [],
    },
  };

  it('writes header, schema line and one line for each package', () => {
    expect(
      only(undefined, update),
    ).toBe(`# yaml-language-server: $schema=../schemas/update.schema.json
apiVersion: sluice/v1
kind: Update
id: EXSA-2026:0001
advisory:
  id: EXSA-2026:0001
  sha256: 77ab
  severity: Important
packages:
  - { nevra: hello-1.0-2.x86_64, sha256: 4a1f, upstream: vendor }
requires: []
`);
  });

  it('looks for schemas where the site file does', () => {
    const site = '# yaml-language-server: $schema=../../schemas/site.schema.json\nkind: Site\n';
    const [change] = applyEdits((path) => (path === 'sluice.yaml' ? site : undefined), [update]);
    expect(change?.text).toContain('$schema=../../../schemas/update.schema.json\n');
  });

  it('turns any text of an upstream into YAML that reads back the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (reason) => {
        const text = only(undefined, {
          kind: 'create',
          path: 'holds/production/x.yaml',
          document: { reason, packages: [{ nevra: reason }] },
        });
        const read = parse(text ?? '', { schema: 'failsafe' });
        expect(read).toMatchObject({ reason, packages: [{ nevra: reason }] });
      }),
    );
  });
});

it('deletes, and lets edits of one file build on each other', () => {
  const path = 'promotions/testing/x.yaml';
  const changes = applyEdits(
    () => 'old',
    [
      { kind: 'create', path, document: { update: 'X', tested: { by: 'alice' } } },
      { kind: 'set', path, at: ['tested', 'by'], value: 'bob' },
      { kind: 'delete', path: 'updates/x.yaml' },
    ],
  );
  expect(changes.map((c) => c.path)).toEqual([path, 'updates/x.yaml']);
  expect(changes[0]?.text).toContain('by: bob');
  expect(changes[1]?.text).toBeUndefined();
});

it('results of a build are written one package a line, whatever stood there before', () => {
  const text = `apiVersion: sluice/v1
kind: Update
id: build:a-1-1   # ours
build:
  source: { nevra: a-1-1.src, sha256: 00, upstream: s }
  wanted: true
  results: {}
packages: []
modules: []
`;
  const packages = ['a', 'b'].map((nevra) => ({ nevra, sha256: '11', upstream: 's', tree: 'x' }));
  const path = 'updates/build-a-1-1.yaml';
  const [change] = applyEdits(
    () => text,
    [
      { kind: 'set', path, at: ['build', 'results'], value: { x86_64: '22' } },
      { kind: 'set', path, at: ['packages'], value: packages },
    ],
  );
  expect(change?.text).toBe(
    text.replace('results: {}', 'results: { x86_64: 22 }').replace(
      'packages: []',
      `packages:
  - { nevra: a, sha256: 11, upstream: s, tree: x }
  - { nevra: b, sha256: 11, upstream: s, tree: x }`,
    ),
  );
});
