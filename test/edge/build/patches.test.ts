import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectPackage } from '../../../src/rpm/index.ts';
import { type Built, buildWorld, plainRecipe } from '../../support/build-world.ts';

const world = buildWorld();
const archive = { name: 'sample-1.0.tar', content: Buffer.alloc(0) };
beforeAll(() => {
  mkdirSync(join(world.root, 'tar/sample-1.0'), { recursive: true });
  writeFileSync(join(world.root, 'tar/sample-1.0/answer'), 'one\n');
  archive.content = execFileSync('tar', ['-C', join(world.root, 'tar'), '-cf', '-', 'sample-1.0']);
});
afterAll(() => world.dispose());

const patch = (from: string, to: string) =>
  `--- a/answer\n+++ b/answer\n@@ -1 +1 @@\n-${from}\n+${to}\n`;

function spec(release: string, tags: string, prep: string): string {
  return `Name: sample
Version: 1.0
Release: ${release}
Summary: A sample
License: MIT
BuildArch: noarch
Source0: sample-1.0.tar
${tags}
%description
x
%prep
${prep}
%build
echo "the answer is $(cat answer)"
%install
mkdir -p %{buildroot}/usr/share
cp answer %{buildroot}/usr/share/sample
%files
/usr/share/sample
`;
}

const output = (built: Built, name: string) => readFileSync(join(built.directory, 'output', name));

describe('patches of the site', () => {
  const vendor = { name: 'vendor.patch', content: patch('one', 'two') };

  test.each([
    ['%autosetup', '%autosetup -p1'],
    ['%setup and %patch', '%setup -q\n%patch1 -p1'],
    ['%setup and %patch -P', '%setup -q\n%patch -P 1 -p1'],
    ['%autosetup -N and %autopatch', '%autosetup -N\n%autopatch -p1'],
  ])('are applied after those of the vendor: %s', async (_, prep) => {
    const built = await world.build({
      spec: spec('1%{?dist}', 'Patch1: vendor.patch', prep),
      files: [archive, vendor],
      patches: [{ name: 'fix.patch', text: patch('two', 'three') }],
      inputs: { recipe: { ...plainRecipe, dist: '.site1' } },
    });
    expect(built.log).toMatch(/^the answer is three$/m);
    expect(built.names).toEqual(['sample-1.0-1.site1.noarch.rpm', 'sample-1.0-1.site1.src.rpm']);
  });

  test("a kernel's empty patch is filled, and its spec is the vendor's", async () => {
    const apply = `ApplyOptionalPatch() { if [ -s "%{_sourcedir}/$1" ]; then patch -p1 <"%{_sourcedir}/$1"; fi; }`;
    const text = spec(
      '1%{?buildid}%{?dist}',
      'Patch999999: linux-kernel-test.patch',
      `${apply}\n%setup -q\nApplyOptionalPatch linux-kernel-test.patch`,
    );
    const built = await world.build({
      spec: text,
      files: [archive, { name: 'linux-kernel-test.patch', content: '' }],
      patches: [{ name: 'fix.patch', text: patch('one', 'kernel') }],
      inputs: { recipe: { ...plainRecipe, dist: '.el9', defines: { buildid: '.site7' } } },
    });
    expect(built.log).toMatch(/^the answer is kernel$/m);
    expect(built.names).toContain('sample-1.0-1.site7.el9.noarch.rpm');
  });

  test('one that does not fit fails the build', async () => {
    const built = await world.build({
      spec: spec('1', '', '%autosetup -p1'),
      files: [archive],
      patches: [{ name: 'fix.patch', text: patch('nine', 'ten') }],
    });
    expect(built.answer).toMatchObject({ kind: 'failed', code: 'BuildFailed' });
    expect(built.log).toContain('site-1-fix.patch');
  });

  test('a release without %{?dist} ends with it, conditions and macros reach the spec', async () => {
    const text = spec('4', '%bcond_with extra\n%bcond_without usual', '%autosetup');
    const built = await world.build({
      spec: text.replace(
        '%build',
        '%build\necho "extra %{with extra} usual %{with usual} level %{level}"',
      ),
      files: [archive],
      inputs: {
        recipe: {
          ...plainRecipe,
          dist: '.site1',
          defines: { level: '7' },
          with: ['extra'],
          without: ['usual'],
        },
      },
    });
    expect(built.log).toContain('extra 1 usual 0 level 7');
    expect(built.names).toContain('sample-1.0-4.site1.noarch.rpm');
  });
});

test('[I16] the same inputs built twice are the same bytes', async () => {
  const recipe = {
    spec: spec('1', '', '%autosetup'),
    files: [archive],
    inputs: { recipe: { ...plainRecipe, dist: '.site1' } },
  };
  const first = await world.build(recipe);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const second = await world.build(recipe);
  expect(first.key).toBe(second.key);
  const digests = (built: Built) =>
    built.names.map((name) => createHash('sha256').update(output(built, name)).digest('hex'));
  expect(digests(first)).toHaveLength(2);
  expect(digests(first)).toEqual(digests(second));
  const { detail } = inspectPackage(output(first, 'sample-1.0-1.site1.noarch.rpm'));
  expect(detail).toMatchObject({ buildTime: 1_700_000_000, buildHost: 'builder.invalid' });
});
