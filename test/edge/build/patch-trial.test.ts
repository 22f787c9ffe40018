import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Of } from '../../../src/model/index.ts';
import { buildWorld, plainRecipe } from '../../support/build-world.ts';

const world = buildWorld();
const archive = { name: 'sample-1.0.tar', content: Buffer.alloc(0) };
const lines = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'];
beforeAll(() => {
  mkdirSync(join(world.root, 'tar/sample-1.0'), { recursive: true });
  writeFileSync(join(world.root, 'tar/sample-1.0/answer'), `${lines.join('\n')}\n`);
  archive.content = execFileSync('tar', ['-C', join(world.root, 'tar'), '-cf', '-', 'sample-1.0']);
});
afterAll(() => world.dispose());

const diff = (hunk: string) => `--- a/answer\n+++ b/answer\n${hunk}\n`;
const fits = diff('@@ -3,3 +3,3 @@\n gamma\n-delta\n+DELTA\n epsilon');
/** Its first line of context has become another one. */
const fuzzy = diff('@@ -5,3 +5,3 @@\n once\n-zeta\n+ZETA\n eta');
const present = diff('@@ -1,2 +1,2 @@\n-old\n+alpha\n beta');
const fails = diff('@@ -1,2 +1,2 @@\n-nothing\n+else\n like this');

const spec = (prep: string, tags = '') => `Name: sample
Version: 1.0
Release: 1
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
echo this is never built
exit 1
`;

async function tried(prep: string, patches: Readonly<Record<string, string>>, tags = '') {
  const files = Object.entries(patches).map(([name, text]) => ({
    path: `patches/sample/${name}`,
    sha256: sha256Of(createHash('sha256').update(text).digest('hex')),
  }));
  const built = await world.build({
    spec: spec(prep, tags),
    files: [archive, ...(tags === '' ? [] : [{ name: 'linux-test.patch', content: '' }])],
    patches: Object.entries(patches).map(([name, text]) => ({ name, text })),
    inputs: { stage: 'prepare', recipe: { ...plainRecipe, patches: files } },
  });
  const { answer } = built;
  if (answer.kind !== 'prepared') throw new Error(built.log);
  expect(built.log).not.toContain('this is never built');
  return answer.patches.map((p) => `${p.path.slice('patches/sample/'.length)} ${p.fit}`);
}

describe('patches are tried on sources that they were not made for', () => {
  test.each([
    ['%autosetup', '%autosetup -p1'],
    ['%setup', '%setup -q'],
  ])('each by itself, whatever became of those before it: %s', async (_, prep) => {
    const found = await tried(prep, { fits, fails, fuzzy, present });
    expect(found).toEqual(['fits fits', 'fails fails', 'fuzzy too-fuzzy', 'present present']);
  });

  test('a spec may allow fuzz', async () => {
    const allow = '%define _default_patch_fuzz 2';
    expect(await tried(`${allow}\n%autosetup -p1`, { fuzzy })).toEqual(['fuzzy fuzzy']);
  });

  test("in the place that a kernel's spec has for it", async () => {
    const apply = `ApplyOptionalPatch() { if [ -s "%{_sourcedir}/$1" ]; then patch -p1 -F1 -s <"%{_sourcedir}/$1"; fi; }`;
    const prep = `${apply}\n%setup -q\nApplyOptionalPatch linux-test.patch`;
    const tag = 'Patch999999: linux-test.patch';
    expect(await tried(prep, { fuzzy }, tag)).toEqual(['fuzzy fuzzy']);
    expect(await tried(prep, { fails }, tag)).toEqual(['fails fails']);
  });

  test('one that the spec never applies is not called good', async () => {
    expect(await tried('%if 0\n%autosetup -p1\n%endif\ntrue', { fits })).toEqual(['fits unseen']);
  });

  test('sources that do not unpack are a failure with a log', async () => {
    const files = [{ path: 'patches/sample/fits', sha256: sha256Of('0'.repeat(64)) }];
    const built = await world.build({
      spec: spec('%autosetup -p1'),
      patches: [{ name: 'fits', text: fits }],
      inputs: { stage: 'prepare', recipe: { ...plainRecipe, patches: files } },
    });
    expect(built.answer).toMatchObject({ kind: 'failed', code: 'BuildFailed' });
    expect(built.log).toContain('sample-1.0.tar');
  });
});
