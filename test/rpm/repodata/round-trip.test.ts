import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Advisory, Dependency, PackageDetail } from '../../../src/model/index.ts';
import {
  advisoryDigest,
  advisorySubstance,
  compsXml,
  filelistsFragment,
  metadataHead,
  metadataTail,
  modulesYaml,
  otherFragment,
  primaryFragment,
  readComps,
  readFilelists,
  readModules,
  readOther,
  readPrimary,
  readUpdateinfo,
  updateinfoXml,
} from '../../../src/rpm/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import { all, bytesOf, packageDetail } from './documents.ts';

/** Any text that XML 1.0 can hold. */
const text = fc.string({
  unit: fc.oneof(
    fc
      .string({ unit: 'binary', minLength: 1, maxLength: 1 })
      .filter((c) => /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd]$|^[\u{10000}-\u{10ffff}]$/u.test(c)),
    fc.constantFrom('<', '>', '&', '"', "'", '\r', '\n', '\t', ']]>', '&amp;', '\r\n', ' '),
  ),
  maxLength: 12,
});
const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,8}$/);
const version = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._+~^]{0,5}$/);
const nevra = {
  name,
  epoch: fc.nat(),
  version,
  release: version,
  arch: fc.constantFrom('noarch', 'x86_64'),
};
const flag = fc.boolean();

const advisory: fc.Arbitrary<Advisory> = fc.record({
  id: fc.stringMatching(/^[A-Z]{2,4}-\d{4}:\d{1,5}$/),
  from: text,
  type: text,
  status: text,
  version: text,
  title: text,
  issued: text,
  updated: text,
  rights: text,
  release: text,
  pushcount: text,
  severity: text,
  summary: text,
  description: text,
  solution: text,
  rebootSuggested: flag,
  references: fc.array(fc.record({ href: text, id: text, type: text, title: text }), {
    maxLength: 2,
  }),
  collections: fc.array(
    fc.record(
      {
        short: text,
        name: text,
        module: fc.record({ name, stream: version, version, context: name, arch: name }),
        packages: fc.array(
          fc.record({
            ...nevra,
            filename: text,
            src: text,
            rebootSuggested: flag,
            restartSuggested: flag,
            reloginSuggested: flag,
          }),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: ['short', 'name', 'packages'] },
    ),
    { maxLength: 2 },
  ),
});

const dependency: fc.Arbitrary<Dependency> = fc.oneof(
  fc.record({ name: text }),
  fc.record({ name: text, pre: fc.constant(true as const) }),
  fc.record({
    name: text,
    flags: fc.constantFrom('LT', 'LE', 'EQ', 'GE', 'GT'),
    epoch: fc.nat().map(String),
    version: text,
    release: text,
  }),
);
const detail: fc.Arbitrary<PackageDetail> = fc
  .record({
    ...nevra,
    sizeBytes: fc.nat(),
    buildTime: fc.nat(),
    sourceRpm: text,
    summary: text,
    description: text,
    packager: text,
    url: text,
    license: text,
    vendor: text,
    group: text,
    buildHost: text,
    provides: fc.array(dependency, { maxLength: 3 }),
    requires: fc.array(dependency, { maxLength: 3 }),
    recommends: fc.array(dependency, { maxLength: 1 }),
    files: fc.array(
      fc.record({
        path: text.map((t) => `/usr/bin/${t}`),
        type: fc.constantFrom('file', 'dir', 'ghost'),
      }),
      { maxLength: 3 },
    ),
    changelogs: fc.array(fc.record({ author: text, date: fc.nat(), text }), { maxLength: 1 }),
  })
  .map((changes) => packageDetail(changes));

const documentOf = (type: 'primary' | 'filelists' | 'other', fragment: string) =>
  bytesOf(metadataHead(type, 1) + fragment + metadataTail(type), 100);

describe('what is written reads back as it was', () => {
  it('packages', async () => {
    await fc.assert(
      fc.asyncProperty(detail, async (d) => {
        const [primary] = await all(
          readPrimary(documentOf('primary', primaryFragment(d, 'a/b.rpm'))),
        );
        const { sha256, changelogs, name, epoch, version, release, arch, ...rest } = d;
        expect(primary).toEqual({
          ...rest,
          nevra: { name, epoch, version, release, arch },
          checksum: { type: 'sha256', hex: sha256 },
          href: 'a/b.rpm',
          fileTime: d.buildTime,
        });
        const [lists] = await all(readFilelists(documentOf('filelists', filelistsFragment(d))));
        expect(lists?.files).toEqual(d.files);
        const [other] = await all(readOther(documentOf('other', otherFragment(d))));
        expect(other?.changelogs).toEqual(changelogs);
      }),
      { numRuns: 150 },
    );
  });

  it('advisories', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(advisory, { maxLength: 3 }), async (advisories) => {
        expect(await all(readUpdateinfo(bytesOf(updateinfoXml(advisories), 50)))).toEqual(
          advisories,
        );
      }),
      { numRuns: 150 },
    );
  });

  it('groups keep one spelling, whoever wrote them', async () => {
    const written = `<!DOCTYPE comps PUBLIC "-//X//EN" "comps.dtd">
<comps><group>
   <id>core</id>  <name>Core</name><name xml:lang='de'>Kern &amp; mehr</name>
   <packagelist><packagereq  type="mandatory" requires='x'>bash</packagereq><packagereq>vim</packagereq></packagelist>
 </group><blacklist><package name="x" arch="y"/></blacklist>
 <langpacks><match name="a" install="b"/></langpacks></comps>`;
    const groups = await readComps(bytesOf(written));
    expect(groups.map((g) => [g.kind, g.id, g.packages])).toEqual([
      ['group', 'core', ['bash', 'vim']],
      ['langpacks', 'langpacks', []],
    ]);
    expect(await readComps(bytesOf(compsXml(groups)))).toEqual(groups);
    const respelled = written.replaceAll("'", '"').replaceAll(/>\s+</g, '><');
    expect(await readComps(bytesOf(respelled))).toEqual(groups);
  });

  it('modules keep their text', async () => {
    const written = `---
document: modulemd-defaults
version: 1
data:
  module: nodejs
  stream: 3.10
...
---
document: modulemd
version: 2
data: # a comment
  name: nodejs
  stream: 3.10
  version: 20180816123422
  context: "6c81f848"
  arch: x86_64
  description: |
    three lines
      - --- of
    text
  artifacts:
    rpms:
    - npm-1:8.11.4-1.module.x86_64
---
document: unknown
data: 1`;
    const modules = await readModules(bytesOf(written, 7));
    expect(modules.map((m) => [m.kind, m.nsvca, m.artifacts])).toEqual([
      ['modulemd-defaults', 'nodejs', []],
      ['modulemd', 'nodejs:3.10:20180816123422:6c81f848:x86_64', ['npm-1:8.11.4-1.module.x86_64']],
    ]);
    expect(await readModules(bytesOf(modulesYaml(modules)))).toEqual(modules);
    expect(modulesYaml(modules)).toContain('# a comment');
  });

  it.each([
    ['aliases', 'document: modulemd\ndata: &a [*a]'],
    ['an alias bomb', `document: modulemd\na: &a [x,x]\nb: &b [*a,*a]\ndata: {name: *b}`],
    ['one key twice', 'document: modulemd\ndocument: modulemd\ndata: {}'],
    ['no name', 'document: modulemd\ndata: {stream: x}'],
    ['a hostile name', 'document: modulemd-defaults\ndata: {module: "../x"}'],
    [
      'artifacts that are no list',
      'document: modulemd\ndata: {name: a, stream: b, version: c, context: d, arch: e, artifacts: {rpms: x}}',
    ],
    ['an endless nest', `document: modulemd\ndata: ${'['.repeat(50_000)}`],
    ['a list', '- a'],
    ['broken text', 'a: "b'],
  ])('modules with %s are refused', async (_, document) => {
    expect((await faultOf(() => readModules(bytesOf(document)))).code).toBe('MetadataInvalid');
  });

  it('characters that XML cannot hold are dropped, nothing else', () => {
    const fragment = primaryFragment(
      packageDetail({ summary: 'a\u0000\u001b\ud800b\ufffe🌳' }),
      'x',
    );
    expect(fragment).toContain('<summary>ab🌳</summary>');
  });
});

describe('revisions of an advisory', () => {
  it('a changed date or push count alone is none', () => {
    const [first] = fc.sample(advisory, { numRuns: 1, seed: 5 });
    if (!first) throw new Error('no sample');
    const redated = { ...first, issued: 'x', updated: 'y', pushcount: '9' };
    expect(advisoryDigest(redated)).not.toBe(advisoryDigest(first));
    expect(advisorySubstance(redated)).toBe(advisorySubstance(first));
    expect(advisorySubstance({ ...first, severity: 'other' })).not.toBe(advisorySubstance(first));
  });
});
