import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { type ObsWorld, obsWorld } from '../../support/obs-world.ts';

/** Everything here is the real Open Build Service of Debian, with a worker that installs and chroots. */
describe('a build with an Open Build Service', { timeout: 600_000 }, () => {
  let world: ObsWorld;
  beforeAll(async () => {
    world = await obsWorld();
  }, 120_000);
  afterAll(async () => world?.close());

  const program = { name: 'answer.c', content: 'int main(void) { return ANSWER; }\n' };
  const spec = `Name: sample
Version: 1.0
Release: 3%{?dist}
Summary: A sample
License: MIT
Source0: answer.c
BuildRequires: gcc
%description
A sample.
%build
gcc -DANSWER=%{answer} -o answer %{SOURCE0}
%install
install -D answer %{buildroot}/usr/bin/answer
%files
/usr/bin/answer
`;

  test('brings out packages with the wanted names, its log and what the root was made of', async () => {
    onTestFailed(() => console.error(world.obs.logs()));
    const { answer, names, log } = await world.build({
      spec,
      files: [program],
      inputs: {
        root: world.root,
        recipe: {
          ...{ patches: [], with: [], without: [], args: [] },
          ...{ defines: { answer: '42' }, dist: '.el9.sl1' },
        },
      },
    });
    expect(answer, log).toMatchObject({ kind: 'built' });
    expect(names).toEqual(['sample-1.0-3.el9.sl1.src.rpm', 'sample-1.0-3.el9.sl1.x86_64.rpm']);
    expect(log).toContain('gcc -DANSWER=42');
    expect(answer.buildroot).toContainEqual(expect.stringMatching(/^gcc-4:12\..*\.x86_64$/));
    expect(world.notes.join('\n')).toContain('sample-1.0-1.src: building');
    expect([...world.asked].some((path) => path.endsWith('/Packages/'))).toBe(true);
  });
});
