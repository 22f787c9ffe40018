import { isGlob, literalPrefix, matchesGlob, type Policy } from '../model/index.ts';

/** What a policy can look at. */
export interface MatchSubject {
  readonly name: string;
  readonly upstream: string;
  /** Severity of the advisory that brings the package, where there is one. */
  readonly severity?: string;
}

export interface PolicyMatch {
  readonly policy: Policy;
  readonly wins: boolean;
  /** In words: why it stands where it stands. */
  readonly because: string;
}

/**
 * The policy that decides about a package: highest priority, then most specific (exact name, longer literal part of a
 * glob, upstream named, severity named, catch-all). `readPolicy` has refused ties and demanded a catch-all; should
 * policies come from elsewhere, names break the tie so that the answer is always the same.
 */
export function policyFor(policies: readonly Policy[], subject: MatchSubject): Policy {
  const winner = ranked(policies, subject)[0];
  if (winner === undefined) throw new Error(`no policy matches ${subject.name}: no catch-all`);
  return winner.policy;
}

/** Every policy that matches, the deciding one first, and why. */
export function explainPolicy(
  policies: readonly Policy[],
  subject: MatchSubject,
): readonly PolicyMatch[] {
  return ranked(policies, subject).map(({ policy, rank }, i) => ({
    policy,
    wins: i === 0,
    because: `priority ${policy.priority}, ${specificity(rank)}`,
  }));
}

/** Exact name 2 + length, glob 1 + literal part, else 0 · upstream named · severity named. */
export type Rank = readonly [name: number, upstream: number, severity: number];

/** How specific a policy is for names that one of its globs matches; without a glob, for all names. */
export function rankOf(policy: Policy, glob: string | undefined): Rank {
  return [
    glob === undefined || /^\*+$/.test(glob)
      ? 0
      : isGlob(glob)
        ? 1 + literalPrefix(glob).length
        : exact,
    policy.match.upstreams.length > 0 ? 1 : 0,
    policy.match.severity.length > 0 ? 1 : 0,
  ];
}

/** Above any glob; globs have 200 characters at most. */
const exact = 1000;

export function compareRanks(a: Rank, b: Rank): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

interface Ranked {
  readonly policy: Policy;
  readonly rank: Rank;
}

function ranked(policies: readonly Policy[], subject: MatchSubject): readonly Ranked[] {
  return policies
    .flatMap((policy) => {
      const rank = rankFor(policy, subject);
      return rank === undefined ? [] : [{ policy, rank }];
    })
    .toSorted(
      (a, b) =>
        b.policy.priority - a.policy.priority ||
        compareRanks(b.rank, a.rank) ||
        (a.policy.name < b.policy.name ? -1 : 1),
    );
}

function rankFor(policy: Policy, subject: MatchSubject): Rank | undefined {
  const { packages, upstreams, severity } = policy.match;
  if (upstreams.length > 0 && !upstreams.includes(subject.upstream)) return undefined;
  if (severity.length > 0 && !severity.includes(subject.severity ?? '')) return undefined;
  if (packages.length === 0) return rankOf(policy, undefined);
  const ranks = packages.filter((g) => matchesGlob(g, subject.name)).map((g) => rankOf(policy, g));
  return ranks.toSorted(compareRanks).at(-1);
}

function specificity([name, upstream, severity]: Rank): string {
  const parts = [
    name === exact
      ? 'names the package'
      : name > 0
        ? `glob with ${name - 1} literal characters`
        : '',
    upstream > 0 ? 'names the upstream' : '',
    severity > 0 ? 'names the severity' : '',
  ].filter((p) => p !== '');
  return parts.length === 0 ? 'catch-all' : parts.join(', ');
}
