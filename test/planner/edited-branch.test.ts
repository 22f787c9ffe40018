import { expect, test } from 'vitest';
import type { CommitId, Desired, EditedPolicy } from '../../src/model/index.ts';
import { withEdits } from '../../src/planner/questions/with-edits.ts';
import { planned, requestOf, settle } from '../support/apply.ts';
import { commitId, type ModelWorld, place, world } from '../support/world.ts';
import { advisory } from '../support/world-packages.ts';

const identity = 'errata/testing/EX-1';

/** A channel that asks, with an open question about `a`; the upstream offers a newer `b` too. */
function asked(): ModelWorld {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] });
  settle(w.approvals({ testing: 'ask' }).offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']));
  settle(w.pin('testing', 'v'));
  w.offers('v', {
    packages: ['a-2-1.x86_64', 'b-2-1.x86_64'],
    advisories: [advisory('EX-1', ['a-2-1.x86_64']), advisory('EX-2', ['b-2-1.x86_64'])],
  });
  settle(w);
  return w;
}

/** Somebody commits to the branch of the question. */
function edit(w: ModelWorld, head: CommitId, policy: EditedPolicy): void {
  w.state.proposals = w.state.proposals.map((p) =>
    p.identity === identity ? { ...p, head, edited: true } : p,
  );
  w.state.edited = new Map([[numberOf(w), policy]]);
  w.state.trials = new Map(w.state.trials);
}

const numberOf = (w: ModelWorld): number =>
  w.state.proposals.find((p) => p.identity === identity)?.number ?? expect.fail('not asked');

const stepOf = (w: ModelWorld) =>
  planned(w).steps.find((s) => s.kind === 'propose' && s.request.identity === identity);

const asStep = (w: ModelWorld) => {
  const step = stepOf(w);
  return step?.kind === 'propose' ? step : expect.fail('no step');
};

/** What the forge and the web root have once the text was brought up to date. */
function done(w: ModelWorld): void {
  const { request, trialKey } = asStep(w);
  const { deltaDigest } = request;
  w.state.proposals = w.state.proposals.map((p) =>
    p.identity === identity ? { ...p, deltaDigest } : p,
  );
  w.state.trials = new Map(w.state.trials).set(numberOf(w), trialKey);
}

const own = (w: ModelWorld): Desired => withEdits(w.state.desired, requestOf(w, identity).edits);
const both = (w: ModelWorld): Desired =>
  withEdits(own(w), requestOf(w, 'errata/testing/EX-2').edits);
const rows = (w: ModelWorld) => asStep(w).request.delta.changes.map((c) => `${c.name} ${c.to}`);

test('delta, trial and what is brought follow what a person committed to the branch, once', () => {
  const w = asked();
  edit(w, commitId(101), { desired: both(w), problems: [] });
  expect(rows(w)).toEqual(['a 2-1', 'b 2-1']);
  const { request, trial } = asStep(w);
  expect(request.follows).toBe(commitId(101));
  expect(request.effect).toContain('a person changed the branch');
  expect(Object.keys(request.brings ?? {})).toHaveLength(2);
  const tried = trial.trees.get('x86_64')?.packages.map((p) => `${p.name} ${p.version}`);
  expect(tried).toEqual(expect.arrayContaining(['a 2', 'b 2']));
  done(w);
  expect(stepOf(w)).toBeUndefined();
});

test('each head is told of anew, also where the delta stays', () => {
  const w = asked();
  edit(w, commitId(101), { desired: both(w), problems: [] });
  done(w);
  edit(w, commitId(102), { desired: both(w), problems: [] });
  expect(asStep(w).request.follows).toBe(commitId(102));
  done(w);
  expect(stepOf(w)).toBeUndefined();
});

test('a promotion that a person took out is in neither table, advisories nor trial', () => {
  const w = asked();
  edit(w, commitId(101), { desired: w.state.desired, problems: [] });
  const { request, trial } = asStep(w);
  expect([request.delta.changes, request.advisories, request.brings]).toEqual([[], [], {}]);
  const tried = trial.trees.get('x86_64')?.packages.map((p) => `${p.name} ${p.version}`);
  expect(tried).toEqual(['a 1', 'b 1']);
});

test('another policy on the branch decides there, and there only', () => {
  const w = asked();
  const [policy] = own(w).policies;
  if (!policy) throw new Error('no policy');
  const at = place('policies/a.yaml');
  const skip = { ...policy, name: 'no-a', action: 'skip', priority: 9, at } as const;
  const match = { ...policy.match, packages: ['a'] };
  const policies = [{ ...skip, match }, policy];
  edit(w, commitId(101), { desired: { ...w.state.desired, policies }, problems: [] });
  const { trial } = asStep(w);
  expect(trial.trees.get('x86_64')?.packages.map((p) => p.name)).toEqual(['b']);
});

test('a branch that does not validate says so among the gates and asks for nothing more', () => {
  const w = asked();
  const text = 'the branch does not validate: channels/x.yaml:3 PolicyInvalid bad';
  edit(w, commitId(101), { desired: undefined, problems: [{ code: 'PolicyInvalid', text }] });
  expect(rows(w)).toEqual(['a 2-1']);
  const { request } = asStep(w);
  expect(request.follows).toBeUndefined();
  expect(request.gates).toContainEqual({ code: 'PolicyInvalid', text });
  done(w);
  expect(stepOf(w)).toBeUndefined();
});

test('where nobody looked at the branch, nothing is said of it', () => {
  const w = asked();
  edit(w, commitId(101), { desired: both(w), problems: [] });
  delete w.state.edited;
  expect(stepOf(w)).toBeUndefined();
});
