import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { composedWorld, running } from '../../support/composed-world.ts';

const world = composedWorld();
afterAll(() => world.dispose());

describe('a root that is composed', () => {
  test('has what its repositories have, and nothing of the machine', async () => {
    const look = '[ ! -e /usr/bin/python3 ]; [ ! -e /usr/bin/dnf ]; id -un; ! touch /usr/x';
    const built = await world.build({ spec: running(look) });
    expect(built.answer.kind).toBe('built');
    expect(built.log).toMatch(/^builder$/m);
    expect(built.answer.buildroot.some((p) => /^bash-.*\.x86_64$/.test(p))).toBe(true);
    expect(built.answer.buildroot).toEqual(built.answer.buildroot.toSorted());
  });

  test('is made once for the same requirements', async () => {
    const roots = () => readdirSync(join(world.root, 'roots'));
    await world.build({ spec: running('true') });
    const before = roots();
    const built = await world.build({ spec: running('true') });
    expect(built.answer.kind).toBe('built');
    expect(roots()).toEqual(before);
    expect(built.log).not.toContain('Installing');
  });

  test('[I12] what it requires to be built and no repository has is listed, and nothing is built', async () => {
    const requires = ['gcc-of-tomorrow', 'bash'];
    const spec = running('true', requires.map((r) => `BuildRequires: ${r}`).join('\n'));
    const { answer } = await world.build({ spec, source: { requires } });
    expect(answer).toMatchObject({
      kind: 'failed',
      code: 'BuildRequirements',
      missing: ['gcc-of-tomorrow'],
    });
  });

  test('[I12] what the header of the source package hides is found by rpmbuild', async () => {
    const spec = running('true', 'BuildRequires: hidden >= 2');
    const { answer, log } = await world.build({ spec });
    expect(answer).toMatchObject({ code: 'BuildRequirements', missing: ['hidden >= 2'] });
    expect(log).toContain('hidden >= 2 is needed by sample');
  });
});
