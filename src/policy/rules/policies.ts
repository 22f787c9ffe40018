import { globsOverlap, type Policy } from '../../model/index.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';
import { compareRanks, rankOf } from '../match.ts';
import { unknownName } from './known.ts';

/** Every package must find a policy, so one of them matches everything. */
export function catchAllExists(entries: Entries): readonly Finding[] {
  const files = entries.declared.get('Policy')?.size ?? 0;
  // A policy file that could not be read may be the catch-all; its own finding is enough.
  if (files === 0 || files > entries.policies.length || entries.policies.some(isCatchAll))
    return [];
  const at = { file: 'policies', line: 1, col: 1 };
  const message = 'no policy matches everything';
  const fix = 'Add policies/default.yaml with an action, approvals and no match.';
  return [errorAt(at, 'PolicyMissing', { message, fix })];
}

/** Two policies of the same priority that are equally specific for one package would both decide. */
export function noTies(entries: Entries): readonly Finding[] {
  const { policies } = entries;
  return policies.flatMap((b, i) =>
    policies.slice(0, i).flatMap((a) => {
      const shared = a.priority === b.priority && sharesSubjects(a, b) ? tie(a, b) : undefined;
      if (shared === undefined) return [];
      const message = `"${a.name}" (${a.at.file}) and "${b.name}" (${b.at.file}) both decide about ${shared} with priority ${a.priority}`;
      const fix = 'Give one of them a higher priority, or let them match different packages.';
      return [errorAt(b.at, 'PolicyConflict', { message, fix })];
    }),
  );
}

/** Upstreams in `match` and channels in `approvals` exist. */
export function policyNamesExist(entries: Entries): readonly Finding[] {
  return entries.policies.flatMap((policy) => [
    ...policy.match.upstreams.flatMap((name, i) => {
      const at = entries.placeOf(policy.at.file, ['match', 'upstreams', i]);
      return unknownName(entries, 'Upstream', { name, at });
    }),
    ...Object.keys(policy.approvals).flatMap((name) => {
      const at = entries.placeOf(policy.at.file, ['approvals', name]);
      return questions.has(name) ? [] : unknownName(entries, 'Channel', { name, at });
    }),
  ]);
}

/** Questions of the build pipeline; every other key of `approvals` is a channel. */
const questions: ReadonlySet<string> = new Set(['start', 'build', 'sign']);

const isCatchAll = ({ match }: Policy): boolean =>
  match.upstreams.length === 0 &&
  match.severity.length === 0 &&
  (match.packages.length === 0 || match.packages.includes('*'));

function sharesSubjects(a: Policy, b: Policy): boolean {
  const meet = (x: readonly string[], y: readonly string[]) =>
    x.length === 0 || y.length === 0 || x.some((name) => y.includes(name));
  return meet(a.match.upstreams, b.match.upstreams) && meet(a.match.severity, b.match.severity);
}

/** What two policies are equally specific about, in words. */
function tie(a: Policy, b: Policy): string | undefined {
  const globs = (p: Policy) => (p.match.packages.length === 0 ? ['*'] : p.match.packages);
  for (const x of globs(a)) {
    for (const y of globs(b)) {
      const equal = compareRanks(rankOf(a, x), rankOf(b, y)) === 0;
      if (equal && globsOverlap(x, y)) return x === y ? `"${x}"` : `what "${x}" and "${y}" match`;
    }
  }
  return undefined;
}
