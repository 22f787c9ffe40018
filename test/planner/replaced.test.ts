import { describe, expect, test } from 'vitest';
import { digestOf, type Policy } from '../../src/model/index.ts';
import { buildRequestOf, merge, openProposals, planned, settle } from '../support/apply.ts';
import { day, fingerprint, type ModelWorld, world } from '../support/world.ts';
import { type BuildEnd, building, buildsEnd, buildsMade } from '../support/world-builds.ts';
import { pkg } from '../support/world-packages.ts';

const codes = (w: ModelWorld) => settle(w).holds.map((h) => `${h.code} ${h.subject}`);

const auto: Policy['approvals'] = { start: 'auto', build: 'auto', sign: 'auto', testing: 'auto' };

const sign = { packages: fingerprint };

/** A vendor's binaries and sources, and testing that takes both. */
function site(approvals: Policy['approvals'] = auto): ModelWorld {
  const w = world().upstream('v').upstream('s', { tree: 'source' });
  w.channel('testing', { trees: ['x86_64', 'source'], base: ['v', 's'], sign });
  w.approvals({ testing: 'auto' });
  const libs = pkg('a-libs-1-1.x86_64', 'a-1-1');
  w.offers('v', { packages: ['a-1-1.x86_64', libs, 'b-1-1.x86_64'] });
  w.offers('s', ['a-1-1.src', 'b-1-1.src']);
  building(w, ['a'], { approvals });
  return w;
}

describe('replaced packages', () => {
  function replaced(build: Policy['build'] extends infer B ? Partial<NonNullable<B>> : never) {
    const w = site();
    w.upstream('inbox', { tree: 'source' }).offers('inbox', ['a-1-5.src']);
    w.change('testing', (c) => ({ ...c, base: [...c.base, pin('inbox')] }));
    return building(w, ['a'], { action: 'replace', approvals: auto, build });
  }
  const pin = (upstream: string) => ({
    ...{ upstream, advance: 'updates' as const },
    at: { file: 'channels/testing.yaml', line: 9, col: 1 },
  });

  test('come from the site, and hide whatever the vendor has', () => {
    const w = replaced({ from: 'inbox' });
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-5.site.x86_64', 'b-1-1.x86_64']);
    w.offers('v', ['a-9-1.x86_64', 'b-1-1.x86_64']).offers('s', ['a-9-1.src']);
    expect(codes(w)).toContain('NewerUpstream policy:built');
    expect(w.serves('testing')).toEqual(['a-1-5.site.x86_64', 'b-1-1.x86_64']);
  });

  test('without patches a newer one is proposed too, and the question says what would be lost', () => {
    const w = replaced({ from: 'inbox' });
    settle(w);
    settle(w.offers('v', ['a-9-1.x86_64', 'b-1-1.x86_64']).offers('s', ['a-9-1.src']));
    expect(openProposals(w)).toEqual(['rebase/built/a']);
    const { gates, build } = buildRequestOf(w, 'rebase/built/a');
    expect(gates[0]?.text).toContain('what a-1-5.src changes is lost by the merge');
    expect(build.trial).toBeUndefined();
    merge(w, 'rebase/built/a');
    settle(w);
    expect(w.serves('testing')).toContain('a-9-1.site.x86_64');
  });

  describe('patches are tried on the newer sources before anybody is asked', () => {
    function newer(end: BuildEnd) {
      const w = replaced({ from: 'inbox', patches: ['patches/a/fix.patch'] });
      w.state.desired.patches = new Map([['patches/a/fix.patch', digestOf('fix')]]);
      settle(w);
      buildsEnd(w, 'a', end);
      w.offers('v', ['a-9-1.x86_64']).offers('s', ['a-9-1.src']);
      return w;
    }
    const trials = (w: ModelWorld) => buildsMade(w).filter((b) => b.endsWith('patches only'));

    test('once, and the question waits for it', () => {
      const w = newer({ fits: 'fits' });
      const { steps, holds } = planned(w);
      expect(steps.map((s) => s.kind)).not.toContain('ask');
      expect(steps.filter((s) => s.kind === 'build')).toMatchObject([
        { subject: 'policy:built', inputs: { stage: 'prepare', builder: 'local' } },
      ]);
      expect(holds.map((h) => `${h.code} ${h.subject}`)).toContain('BuildQueued policy:built');
      settle(w);
      settle(w.later(day));
      expect(trials(w)).toEqual(['a-9-1.src patches only']);
      const { build, gates } = buildRequestOf(w, 'rebase/built/a');
      expect(build.trial?.patches).toEqual([{ path: 'patches/a/fix.patch', fit: 'fits' }]);
      expect(gates).toEqual([]);
    });

    test.each(['fails', 'too-fuzzy'] as const)('%s: said, and everything else goes on', (fits) => {
      const w = newer({ fits });
      settle(w);
      expect(buildRequestOf(w, 'rebase/built/a').gates).toMatchObject([
        { code: 'BuildFailed', text: expect.stringContaining('patches/a/fix.patch do not fit') },
      ]);
      expect(w.serves('testing')).toContain('a-1-5.site.x86_64');
      w.state.desired.patches = new Map([['patches/a/fix.patch', digestOf('mended')]]);
      buildsEnd(w, 'a', { fits: 'fits' });
      settle(w.commit());
      expect(trials(w)).toHaveLength(2);
      expect(buildRequestOf(w, 'rebase/built/a').gates).toEqual([]);
    });

    test('a trial that comes to no end is no reason not to ask', () => {
      const w = newer({ failed: 'the sources unpack' });
      settle(w);
      expect(buildRequestOf(w, 'rebase/built/a').build.trial?.problem).toBe('the sources unpack');
      expect(trials(w)).toHaveLength(1);
    });
  });

  test('with patches in the policy a newer vendor version is proposed, the patches applied again', () => {
    const w = replaced({ from: 'inbox', patches: ['patches/a/fix.patch'] });
    w.state.desired.patches = new Map([['patches/a/fix.patch', digestOf('fix')]]);
    settle(w);
    w.offers('v', ['a-9-1.x86_64']).offers('s', ['a-9-1.src']);
    settle(w);
    expect(openProposals(w)).toEqual(['rebase/built/a']);
    expect(buildRequestOf(w, 'rebase/built/a').effect).toContain('patches/a/fix.patch');
    merge(w, 'rebase/built/a');
    settle(w);
    expect(w.serves('testing')).toContain('a-9-1.site.x86_64');
    expect(openProposals(w)).toEqual([]);
    settle(w.offers('s', ['a-9-1.src', 'a-10-1.src']).offers('v', ['a-10-1.x86_64']));
    expect(openProposals(w)).toEqual(['rebase/built/a']);
  });
});
