import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/model/index.ts';
import { merge, openProposals, planned, requestOf, settle } from '../support/apply.ts';
import { day, type ModelWorld, world } from '../support/world.ts';
import { advisory, pkg } from '../support/world-packages.ts';

const codes = (list: readonly { readonly code: string; readonly subject: string }[]) =>
  list.map((h) => `${h.code} ${h.subject}`).toSorted();

function taking(packages: readonly string[], answer: Answer = 'ask'): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] });
  w.approvals({ testing: answer }).offers('v', packages).pin('testing', 'v');
  settle(w);
  return w;
}

const files = (w: ModelWorld) => [...w.state.desired.updates.keys()].toSorted();

describe('what becomes an update', () => {
  test('only what is newer than the base; one per source package where no advisory tells of it', () => {
    const w = taking(['a-2-1.x86_64', 'b-1-1.x86_64'], 'auto');
    const lib = pkg('a-libs-3-1.x86_64', 'a-3-1');
    w.offers('v', { packages: ['a-1-1.x86_64', 'a-3-1.x86_64', lib, 'b-2-1.x86_64'] });
    settle(w);
    expect(files(w)).toEqual(['pkg:a-3-1', 'pkg:b-2-1']);
    expect(w.state.desired.updates.get('pkg:a-3-1')?.packages.map((p) => p.nevra)).toEqual([
      'a-3-1.x86_64',
      'a-libs-3-1.x86_64',
    ]);
    expect(w.serves('testing')).not.toContain('a-1-1.x86_64');
  });

  test('packages without an advisory share one proposal per upstream', () => {
    const w = taking(['a-1-1.x86_64', 'b-1-1.x86_64']);
    settle(w.offers('v', ['a-2-1.x86_64', 'b-2-1.x86_64']));
    expect(openProposals(w)).toEqual(['packages/testing/v']);
    expect(requestOf(w, 'packages/testing/v').edits.map((e) => e.path)).toEqual([
      'promotions/testing/pkg-a-2-1.yaml',
      'promotions/testing/pkg-b-2-1.yaml',
      'updates/pkg-a-2-1.yaml',
      'updates/pkg-b-2-1.yaml',
    ]);
    merge(w, 'packages/testing/v');
    settle(w);
    expect(w.serves('testing')).toContain('b-2-1.x86_64');
    expect(w.state.proposals.map((p) => p.state)).toEqual(['merged']);
  });

  test('an open proposal follows what changes upstream, and closes when it is pointless', () => {
    const w = taking(['a-1-1.x86_64']);
    settle(w.offers('v', ['a-2-1.x86_64']));
    const before = requestOf(w, 'packages/testing/v').deltaDigest;
    settle(w.offers('v', ['a-3-1.x86_64']));
    expect(requestOf(w, 'packages/testing/v').deltaDigest).not.toBe(before);
    expect(w.state.proposals).toHaveLength(1);
    settle(w.offers('v', ['a-1-1.x86_64']));
    expect(w.state.proposals.map((p) => [p.state, p.closedBy])).toEqual([['closed', 'controller']]);
  });

  test('an advisory is one update across upstreams', () => {
    const w = world()
      .upstream('v')
      .upstream('x')
      .channel('testing', { base: ['v', 'x'] });
    w.approvals({ testing: 'auto' }).offers('v', ['a-1-1.x86_64']).offers('x', ['b-1-1.x86_64']);
    settle(w.pin('testing', 'v').pin('testing', 'x'));
    const id = 'RHSA-2026:9';
    w.offers('v', { packages: ['a-2-1.x86_64'], advisories: [advisory(id, ['a-2-1.x86_64'])] });
    w.offers('x', { packages: ['b-2-1.x86_64'], advisories: [advisory(id, ['b-2-1.x86_64'])] });
    settle(w);
    expect(files(w)).toEqual([id]);
    const published = w.state.channels.get('testing')?.content.trees.get('x86_64')?.advisories;
    expect(published?.map((a) => a.advisory.collections.flatMap((c) => c.packages).length)).toEqual(
      [2],
    );
  });

  test('a vendor revision is a new update, a changed date alone is none', () => {
    const w = taking(['a-1-1.x86_64'], 'auto');
    const packages = ['a-2-1.x86_64'];
    const offer = (more: object) =>
      w.offers('v', { packages, advisories: [advisory('A-1', packages, more)] });
    settle(offer({}));
    settle(offer({ updated: '2026-02-02' }));
    expect(files(w)).toEqual(['A-1']);
    settle(offer({ severity: 'Critical' }));
    expect(files(w)).toEqual(['A-1', 'A-1.r2']);
    settle(offer({ severity: 'Low' }));
    expect(files(w)).toEqual(['A-1', 'A-1.r2', 'A-1.r3']);
  });

  test('an advisory after its packages is a new update over the same digests', () => {
    const w = taking(['a-1-1.x86_64'], 'auto');
    const packages = ['a-2-1.x86_64'];
    settle(w.offers('v', packages));
    settle(w.offers('v', { packages, advisories: [advisory('A-1', packages)] }));
    expect(files(w)).toEqual(['A-1', 'pkg:a-2-1']);
    const published = w.state.channels.get('testing')?.content.trees.get('x86_64')?.advisories;
    expect(published?.map((a) => a.advisory.id)).toEqual(['A-1']);
  });

  test('an incomplete advisory waits for a person; the rest becomes a revision', () => {
    const w = taking(['a-1-1.x86_64', 'b-1-1.x86_64'], 'auto');
    const told = advisory('A-1', ['a-2-1.x86_64', 'b-2-1.x86_64', 'a-2-1.aarch64']);
    w.offers('v', { packages: ['a-2-1.x86_64', 'b-1-1.x86_64'], advisories: [told] });
    const rest = settle(w);
    expect(codes(rest.holds)).toContain('AdvisoryIncomplete update:A-1');
    expect(rest.holds.map((h) => h.text).join()).toContain('b-2-1.x86_64');
    expect(openProposals(w)).toEqual(['errata/testing/A-1']);
    merge(w, 'errata/testing/A-1');
    settle(w);
    w.offers('v', { packages: ['a-2-1.x86_64', 'b-2-1.x86_64'], advisories: [told] });
    settle(w);
    expect(files(w)).toEqual(['A-1', 'A-1.r2']);
    expect(w.serves('testing')).toContain('b-2-1.x86_64');
  });

  test('an update that needs a refused package is held with the code of the refusal', () => {
    const w = taking(['a-1-1.x86_64', 'b-1-1.x86_64'], 'auto');
    const bad = pkg('b-2-1.x86_64');
    const fault = { code: 'SignatureInvalid', object: 'b', check: 'bad signature', fix: 'ask' };
    w.offers('v', {
      packages: ['a-2-1.x86_64'],
      advisories: [advisory('A-1', ['a-2-1.x86_64', 'b-2-1.x86_64'])],
      refused: [{ nevra: bad, sha256: bad.sha256, fault: { ...fault, code: 'SignatureInvalid' } }],
    });
    const rest = settle(w);
    expect(codes(rest.holds)).toContain('SignatureInvalid update:A-1');
    expect(codes(rest.holds)).toContain('SignatureInvalid upstream:v');
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64']);
  });

  test('[B09] a re-issued NEVRA is its own question, always asked, and takes the place', () => {
    const w = taking(['a-1-1.x86_64'], 'auto');
    const again = pkg('a-1-1.x86_64 again');
    settle(w.offers('v', { packages: [again] }));
    expect(openProposals(w)).toEqual(['reissue/testing/reissue-a-1-1']);
    merge(w, 'reissue/testing/reissue-a-1-1');
    settle(w);
    const served = w.state.channels.get('testing')?.content.trees.get('x86_64')?.packages;
    expect(served?.map((p) => p.sha256)).toEqual([again.sha256]);
    expect(openProposals(w)).toEqual([]);
  });

  test('a question says what its channel could not resolve', () => {
    const w = taking(['a-1-1.x86_64']);
    const closure = { mode: 'enforce' as const, with: [] };
    w.change('testing', (c) => ({ ...c, gates: { ...c.gates, closure } }));
    w.requires('a-2-1.x86_64', 'libnew').offers('v', ['a-2-1.x86_64']);
    settle(w);
    const [gate] = requestOf(w, 'packages/testing/v').gates;
    expect(gate).toMatchObject({ code: 'ClosureBroken' });
    expect(gate?.text).toContain('a-2-1.x86_64 needs libnew');
  });

  test('never is a hold, skip is nothing, the strictest package decides', () => {
    const w = taking(['a-1-1.x86_64', 'b-1-1.x86_64'], 'auto');
    const match = (name: string) => ({ packages: [name], upstreams: [], severity: [] });
    w.policy('b', { match: match('b'), priority: 9, approvals: { testing: 'never' } });
    w.policy('c', { match: match('c'), priority: 9, action: 'skip' });
    const packages = ['a-2-1.x86_64', 'b-2-1.x86_64', 'c-2-1.x86_64'];
    w.offers('v', { packages, advisories: [advisory('A-1', packages.slice(0, 2))] });
    expect(codes(settle(w).holds)).toEqual(['PolicyHold update:A-1']);
    expect(files(w)).toEqual([]);
  });
});

describe('upstreams that misbehave', () => {
  test('[A04] a version that went down or vanished upstream takes nothing away, and is told', () => {
    const w = taking(['a-2-1.x86_64', 'b-1-1.x86_64', 'c-1-1.x86_64']);
    const served = w.content('testing');
    const rest = settle(w.offers('v', ['a-1-1.x86_64', 'c-1-1.x86_64']));
    expect(w.content('testing')).toBe(served);
    expect(rest.notes.map((n) => `${n.code} ${n.subject}`)).toEqual(['Downgrade upstream:v']);
    expect(rest.notes[0]?.text).toMatch(/a\.x86_64.*b\.x86_64/);
  });

  test('[A04] a pin does not move by itself to lower versions', () => {
    const w = world()
      .upstream('v')
      .channel('testing', {
        base: [{ upstream: 'v', advance: 'snapshot' }],
      });
    settle(w.approvals({ testing: 'auto' }).offers('v', ['a-2-1.x86_64']));
    settle(w.offers('v', ['a-1-1.x86_64']));
    expect(w.serves('testing')).toEqual(['a-2-1.x86_64']);
    expect(openProposals(w)).toEqual(['snapshot/testing/v']);
    expect(requestOf(w, 'snapshot/testing/v').gates.map((g) => g.code)).toEqual(['Downgrade']);
  });

  test('[A05] nothing new comes from a frozen upstream, others go on', () => {
    const w = world().upstream('v', { limits: { maxAgeSeconds: day, maxPackageBytes: 1 } });
    w.upstream('x')
      .channel('testing', { base: ['v', 'x'] })
      .approvals({ testing: 'auto' });
    w.offers('v', ['a-1-1.x86_64']).offers('x', ['b-1-1.x86_64']);
    settle(w.pin('testing', 'v').pin('testing', 'x'));
    w.offers('v', ['a-2-1.x86_64'])
      .later(2 * day)
      .offers('x', ['b-2-1.x86_64']);
    const rest = settle(w);
    expect(codes(rest.holds)).toEqual(['UpstreamFrozen upstream:v']);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64', 'b-2-1.x86_64']);
    w.update('U-a', ['a-2-1.x86_64']).promote('testing', 'U-a');
    expect(codes(settle(w).holds)).toContain('UpstreamFrozen promotion:U-a');
  });

  test('a fault of the last attempt is shown with its own code and way out', () => {
    const w = taking(['a-1-1.x86_64']);
    const fault = { code: 'UpstreamRollback', object: 'v', check: 'older metadata', fix: 'ack' };
    const state = w.state.upstreams.get('v');
    if (!state) throw new Error('no upstream');
    w.state.upstreams.set('v', { ...state, fault: { ...fault, code: 'UpstreamRollback' } });
    expect(planned(w).holds).toMatchObject([
      { code: 'UpstreamRollback', subject: 'upstream:v', awaits: 'ack' },
    ]);
  });
});
