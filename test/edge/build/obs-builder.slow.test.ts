import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { plainRecipe } from '../../support/build-world.ts';
import { hasObs } from '../../support/obs-server.ts';
import { type ObsWorld, obsWorld } from '../../support/obs-world.ts';

/** Everything here is the real Open Build Service of Debian, with a worker that installs and chroots, as root. */
describe.skipIf(!hasObs)('a build with an Open Build Service', { timeout: 600_000 }, () => {
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

  const compiled = () => ({
    spec,
    files: [program],
    inputs: {
      root: world.root,
      recipe: { ...plainRecipe, defines: { answer: '42' }, dist: '.el9.sl1' },
    },
  });
  const script = (build: string) => ({
    spec: `%build\n${build}\n%files\n`,
    inputs: { root: world.root },
  });

  test('brings out packages with the wanted names, its log and what the root was made of', async () => {
    onTestFailed(() => console.error(world.obs.logs()));
    await world.makeProject('sluice:build:dead-0');
    await world.makeProject('sluice:root:dead');
    await world.makeProject('sluice:tools');
    const { answer, names, log } = await world.build(compiled());
    expect(answer, log).toMatchObject({ kind: 'built' });
    expect(names).toEqual(['sample-1.0-3.el9.sl1.src.rpm', 'sample-1.0-3.el9.sl1.x86_64.rpm']);
    expect(log).toContain('gcc -DANSWER=42');
    expect(answer.buildroot).toContainEqual(expect.stringMatching(/^gcc-4:12\..*\.x86_64$/));
    expect(world.notes.join('\n')).toContain('sample-1.0-1.src: building');
    expect([...world.asked].some((path) => path.includes('/Packages/'))).toBe(true);
    // Its own project is gone, with those that an earlier process left; what is not ours stays.
    const root = expect.stringMatching(/^sluice:root:[0-9a-f]{16}$/);
    expect(await world.projects()).toEqual([root, 'sluice:tools']);
  });

  test('is the same to the byte when it is made again', async () => {
    const [one, two] = [await world.build(compiled()), await world.build(compiled())];
    expect(one.names).toHaveLength(2);
    for (const name of one.names) {
      const [first, second] = [one, two].map((b) =>
        readFileSync(join(b.directory, 'output', name)),
      );
      expect(first?.equals(second ?? Buffer.alloc(0)), name).toBe(true);
    }
  });

  test('that fails says so, with the log that tells why', async () => {
    const { answer, names, log } = await world.build(script('echo about to fail\nexit 3'));
    expect(answer).toMatchObject({ kind: 'failed', code: 'BuildFailed' });
    expect(log).toMatch(/about to fail\n.*Bad exit status/s);
    expect(names).toEqual([]);
  });

  test('that the root has not enough for says what is missing', async () => {
    const wanted = 'BuildRequires: no-such-tool >= 2\nBuildRequires: gcc';
    const { answer } = await world.build({
      spec: spec.replace('BuildRequires: gcc', wanted),
      inputs: { root: world.root },
    });
    expect(answer).toMatchObject({
      kind: 'failed',
      code: 'BuildRequirements',
      missing: ['no-such-tool >= 2'],
    });
  });

  test('that takes longer than it may is ended', async () => {
    const { answer, log } = await world.build({
      ...script('echo sleeping\nsleep 500'),
      limits: { seconds: 45 },
    });
    expect(answer, log).toMatchObject({ kind: 'failed', code: 'BuildLimit' });
    expect(await world.jobs()).toEqual([]);
  });

  test('that is aborted leaves nothing running and nothing behind', async () => {
    const abort = new AbortController();
    const before = world.notes.length;
    const building = world.build({ ...script('sleep 500'), signal: abort.signal });
    while (!world.notes.slice(before).some((note) => note.includes('building'))) await pause(200);
    abort.abort(new Error('the controller stops'));
    await expect(building).rejects.toThrow('the controller stops');
    expect(await world.projects()).not.toContainEqual(expect.stringContaining(':build:'));
    while ((await world.jobs()).length > 0) await pause(500);
  });
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
