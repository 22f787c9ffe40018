import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nevraText } from '../../../src/model/index.ts';
import { faultOf } from '../../support/fault-of.ts';
import { type SpecWorld, specWorld, startOfTest, textSpec } from '../../support/spec-world.ts';

let world: SpecWorld;
beforeEach(() => {
  world = specWorld();
});
afterEach(() => world.dispose());

const names = (mirrored: Awaited<ReturnType<SpecWorld['sync']>>) =>
  mirrored.snapshot.packages.map(nevraText);

const inFile = (file: string, query: string): string =>
  execFileSync('rpm', ['-qp', '--qf', query, file], { encoding: 'utf8' });

function greeting(release = '1', text = 'hello\n'): void {
  world.write('greeting/greeting.spec', textSpec('greeting', { release }));
  world.write('greeting/text.txt', text);
}

describe('specs in a git repository', () => {
  it('are packed into source packages that have the date of their commit', async () => {
    greeting();
    const commit = world.commit('Greet');
    const mirrored = await world.sync();
    expect(names(mirrored)).toEqual(['greeting-1.0-1.src']);
    const file = world.file(mirrored, 'greeting');
    expect(inFile(file, '%{BUILDTIME} [%{FILENAMES} %{FILEMTIMES} ]%{BUILDHOST}')).toBe(
      `${startOfTest + 3600} greeting.spec ${startOfTest + 3600} text.txt ${startOfTest + 3600} builder.invalid`,
    );
    expect(mirrored.taken.signedBy).toBe(world.fingerprint);
    expect(mirrored.taken.specs).toMatchObject({
      head: commit,
      origins: [{ sha256: mirrored.snapshot.packages[0]?.sha256, directory: 'greeting', commit }],
    });
  });

  it('give the same bytes for the same commit on another machine', async () => {
    greeting();
    world.write('greeting/run.sh', '#!/bin/sh\n');
    world.commit('Greet');
    const other = specWorld();
    try {
      const here = await world.sync();
      const there = await other.sync({
        upstream: { url: world.repository },
        git: { sshKeys: [world.key] },
      });
      expect(there.snapshot.id).toBe(here.snapshot.id);
    } finally {
      other.dispose();
    }
  });

  it('are left alone while the branch stays, and packed anew only where their folder changes', async () => {
    greeting();
    world.write('other/other.spec', textSpec('other'));
    world.write('other/text.txt', 'other\n');
    world.commit('Both');
    const first = await world.sync();
    expect(await world.sync({ after: first })).toMatchObject({ unchanged: true });
    expect(world.packed).toEqual(['greeting.spec', 'other.spec']);
    greeting('2');
    world.commit('Raise');
    const second = await world.sync({ after: first });
    expect(names(second)).toEqual(['greeting-1.0-2.src', 'other-1.0-1.src']);
    expect(world.packed).toEqual(['greeting.spec', 'other.spec', 'greeting.spec']);
    expect(second.taken.specs?.origins[1]).toEqual(first.taken.specs?.origins[1]);
  });

  it('stay the same bytes through a commit that changes nothing of what is packed', async () => {
    greeting();
    const changed = world.commit('Greet');
    const first = await world.sync();
    world.write('greeting/README.md', 'for people\n');
    world.commit('Explain');
    const second = await world.sync({ after: first });
    expect(second.unchanged).toBe(false);
    expect(second.snapshot.id).toBe(first.snapshot.id);
    expect(second.taken.specs?.origins[0]?.commit).toBe(changed);
  });

  it('have to raise the release with every change, or nothing is taken', async () => {
    greeting();
    world.commit('Greet');
    const first = await world.sync();
    greeting('1', 'other words\n');
    const commit = world.commit('Forget the release');
    const fault = await faultOf(() => world.sync({ after: first }));
    expect(fault.code).toBe('ReleaseNotRaised');
    expect(fault.object).toBe('specs, greeting/greeting: greeting-1.0-1.src');
    expect(fault.found).toContain(commit);
  });

  it('[F10] go on from the same commit when the mirror was lost or damaged', async () => {
    greeting();
    world.commit('Greet');
    const first = await world.sync();
    const mirror = join(world.store.root, 'specs/specs/policy.git');
    rmSync(mirror, { recursive: true });
    expect(await world.sync({ after: first })).toMatchObject({ unchanged: true });
    writeFileSync(join(mirror, 'HEAD'), 'nonsense');
    greeting('2');
    world.commit('Raise');
    expect(names(await world.sync({ after: first }))).toEqual(['greeting-1.0-2.src']);
    rmSync(mirror, { recursive: true });
    world.git('reset', '--quiet', '--hard', 'HEAD~1');
    world.git('-c', 'commit.gpgSign=false', 'commit', '--quiet', '--amend', '-m', 'Rewritten');
    const fault = await faultOf(() => world.sync({ after: first }));
    expect(fault.code).toBe('SpecHistoryRewritten');
  });

  it('may be read from a tag, annotated or not', async () => {
    greeting();
    const commit = world.commit('Greet');
    world.git('tag', 'v1');
    world.git('-c', 'tag.gpgSign=false', 'tag', '-a', '-m', 'First', 'first');
    greeting('2');
    world.commit('Not released');
    for (const tag of ['v1', 'first']) {
      const mirrored = await world.sync({ git: { ref: `refs/tags/${tag}` } });
      expect(names(mirrored)).toEqual(['greeting-1.0-1.src']);
      expect(mirrored.taken.specs?.head).toBe(commit);
    }
    const first = await world.sync({ git: { ref: 'refs/tags/v1' } });
    const later = await world.sync({ after: first });
    expect(names(later)).toEqual(['greeting-1.0-2.src']);
    const fault = await faultOf(() => world.sync({ git: { ref: 'refs/tags/none' } }));
    expect(fault.code).toBe('UpstreamUnavailable');
    expect(fault.check).toContain('refs/tags/none');
  });

  it('may lie at the top, or in folders that the policy lists', async () => {
    world.write('top.spec', textSpec('top'));
    world.write('text.txt', 'top\n');
    world.write('tests/broken.spec', 'no spec at all');
    world.commit('Top');
    expect(names(await world.sync({ git: { directories: ['.'] } }))).toEqual(['top-1.0-1.src']);
    const fault = await faultOf(() => world.sync({ git: { directories: ['missing'] } }));
    expect(fault.code).toBe('SpecRefused');
    expect(fault.object).toBe('specs, folder missing');
  });
});
