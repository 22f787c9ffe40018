import { describe, expect, test } from 'vitest';
import {
  apply,
  merge,
  openProposals,
  planned,
  reject,
  requestOf,
  settle,
} from '../support/apply.ts';
import { day, type ModelWorld, world } from '../support/world.ts';
import { advisory, pkg } from '../support/world-packages.ts';

const codes = (list: readonly { readonly code: string; readonly subject: string }[]) =>
  list.map((h) => `${h.code} ${h.subject}`).toSorted();

/** testing takes updates by itself, production follows it and asks; both are bootstrapped. */
function twoChannels(answers: Record<string, 'auto' | 'ask'> = {}): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] })
    .channel('production', { base: ['v'], follows: 'testing', gates: { soakSeconds: 7 * day } })
    .approvals({ testing: 'auto', production: 'ask', ...answers })
    .offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']);
  settle(w);
  if (openProposals(w).includes('bootstrap/testing')) merge(w, 'bootstrap/testing');
  settle(w);
  merge(w, 'bootstrap/production');
  settle(w);
  return w;
}

const erratum = advisory('RHSA-2026:1', ['a-2-1.x86_64']);

function offerErratum(w: ModelWorld): ModelWorld {
  return w.offers('v', { packages: ['a-2-1.x86_64', 'b-1-1.x86_64'], advisories: [erratum] });
}

describe('bootstrap', () => {
  test('is automatic where the catch-all says so, and asked where it does not', () => {
    const w = world()
      .upstream('v')
      .channel('testing', { base: ['v'] })
      .channel('production', { base: ['v'], follows: 'testing', gates: { soakSeconds: day } })
      .approvals({ testing: 'auto' })
      .offers('v', ['a-1-1.x86_64']);
    const rest = settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
    expect(w.serves('production')).toEqual([]);
    expect(openProposals(w)).toEqual(['bootstrap/production']);
    expect(codes(rest.holds)).toEqual(['AwaitsMerge channel:production', 'Unpinned base:v']);
    merge(w, 'bootstrap/production');
    settle(w);
    expect(w.serves('production')).toEqual(['a-1-1.x86_64']);
    expect(openProposals(w)).toEqual([]);
    expect(w.state.proposals.map((p) => p.state)).toEqual(['merged']);
  });
});

describe('the way of an erratum', () => {
  test('one sync is one commit, then testing, then after the soak a question for production', () => {
    const w = offerErratum(twoChannels());
    const commits = planned(w).steps.filter((s) => s.kind === 'commit');
    expect(commits.map((s) => s.edits.map((e) => e.path))).toEqual([
      ['promotions/testing/RHSA-2026-1.yaml', 'updates/RHSA-2026-1.yaml'],
    ]);
    const rest = settle(w);
    expect(w.serves('testing')).toContain('a-2-1.x86_64');
    expect(codes(rest.holds)).toEqual(['Soaking update:RHSA-2026:1']);
    expect(rest.holds[0]?.until).toBe(w.state.now + 7 * day);
    w.later(7 * day);
    settle(w);
    expect(openProposals(w)).toEqual(['promotion/production/RHSA-2026-1']);
    expect(requestOf(w, 'promotion/production/RHSA-2026-1').delta.changes).toEqual([
      { tree: 'x86_64', name: 'a', arch: 'x86_64', from: '1-1', to: '2-1' },
    ]);
    merge(w, 'promotion/production/RHSA-2026-1');
    settle(w);
    expect(w.serves('production')).toEqual(['a-1-1.x86_64', 'a-2-1.x86_64', 'b-1-1.x86_64']);
    const trees = w.state.channels.get('production')?.content.trees;
    expect(trees?.get('x86_64')?.advisories.map((a) => a.advisory.id)).toEqual(['RHSA-2026:1']);
  });

  test('asked where the policy asks; a rejected one is not asked again', () => {
    const w = offerErratum(twoChannels({ testing: 'ask' }));
    settle(w);
    expect(openProposals(w)).toEqual(['errata/testing/RHSA-2026-1']);
    reject(w, 'errata/testing/RHSA-2026-1');
    const rest = settle(w);
    expect(openProposals(w)).toEqual([]);
    expect(codes(rest.holds)).toEqual(['Rejected update:RHSA-2026:1']);
  });

  test('what is tried is what a merge brings', () => {
    const w = offerErratum(twoChannels({ testing: 'ask' }));
    const asked = planned(w).steps.find((s) => s.kind === 'propose');
    expect(asked?.trial.trees.get('x86_64')?.packages).toHaveLength(3);
    settle(w);
    merge(w, 'errata/testing/RHSA-2026-1');
    settle(w);
    expect(w.content('testing')).toBe(asked?.trial.id);
  });

  test('a revert gives the earlier content, is remembered, and re-adding lifts it', () => {
    const w = twoChannels();
    const before = w.content('testing');
    offerErratum(w);
    settle(w);
    expect(w.content('testing')).not.toBe(before);
    w.revert('testing', 'RHSA-2026:1', true);
    const rest = settle(w);
    expect(w.content('testing')).toBe(before);
    expect(w.state.desired.holds.map((h) => h.file)).toEqual(['holds/testing/RHSA-2026-1.yaml']);
    expect(codes(rest.holds)).toEqual(['HeldByFile update:RHSA-2026:1']);
    w.update('RHSA-2026:1', ['a-2-1.x86_64']).promote('testing', 'RHSA-2026:1');
    settle(w);
    expect(w.serves('testing')).toContain('a-2-1.x86_64');
    expect(w.state.desired.holds).toEqual([]);
  });
});

describe('what a record says has entered', () => {
  const recorded = (w: ModelWorld) =>
    planned(w).steps.flatMap((s) => (s.kind === 'point' ? [s.record.entered] : []));

  function withErratum(): ModelWorld {
    const w = offerErratum(twoChannels());
    const commit = planned(w).steps.find((s) => s.kind === 'commit');
    if (!commit) throw new Error('nothing is promoted');
    apply(w, commit);
    return w;
  }

  test('is what was never admitted', () => {
    const w = withErratum();
    expect(recorded(w)).toEqual([{ x86_64: [pkg('a-2-1.x86_64').sha256] }]);
  });

  test('is everything that nobody knows to be admitted, where the start of the history is lost', () => {
    const w = withErratum();
    const state = w.state.channels.get('testing');
    if (!state) throw new Error('testing serves nothing');
    const admitted = { get: () => undefined, has: () => false, incomplete: true as const };
    w.state.channels.set('testing', { ...state, admitted });
    const all = ['a-1-1.x86_64', 'a-2-1.x86_64', 'b-1-1.x86_64']
      .map((p) => pkg(p).sha256)
      .toSorted();
    expect(recorded(w).map((entered) => Object.values(entered).flat().toSorted())).toEqual([all]);
  });
});
