import { isSourcePackage, type Place, type Policy, sourceNameOf } from '../model/index.ts';
import { explainPolicy } from '../policy/index.ts';
import { buildPolicyOf, newestOf } from './builds/built-here.ts';
import { compareText } from './compare-text.ts';
import { type Context, contextOf, type World } from './world.ts';

/** One policy that matches a package, and why it stands where it stands. */
export interface MatchedPolicy {
  readonly policy: string;
  readonly action: Policy['action'];
  readonly wins: boolean;
  readonly because: string;
  readonly at: Place;
}

/** What is done with a package of one upstream, field by field, and which policy says so. */
export interface ExplainedPolicies {
  readonly upstream: string;
  /** The source package whose policy decides, where it is built here. */
  readonly source?: string;
  /** The one that decides first. */
  readonly matches: readonly MatchedPolicy[];
  readonly fields: readonly {
    readonly field: string;
    readonly value: string;
    readonly policy: string;
    readonly at: Place;
  }[];
}

/** Every policy that matches a name, and the winner of every field; once for each upstream that has the package. */
export function explainPolicies(world: World, name: string): readonly ExplainedPolicies[] {
  const context = contextOf(world);
  return [...context.desired.upstreams.keys()].toSorted(compareText).flatMap((upstream) => {
    const entry = newestOf(context, upstream)?.packages.find((p) => p.name === name);
    return entry ? [explained(context, { name, source: sourceNameOf(entry), upstream })] : [];
  });
}

interface Asked {
  readonly name: string;
  readonly source: string;
  readonly upstream: string;
}

function explained(context: Context, { name, source, upstream }: Asked): ExplainedPolicies {
  const built = buildPolicyOf(context, source, { upstream });
  const subject = {
    name: built ? source : name,
    upstream: built ? sourceUpstream(context, source, upstream) : upstream,
  };
  const ranked = explainPolicy(context.desired.policies, subject);
  const winner = built ?? ranked[0]?.policy;
  const matches = ranked.map(({ policy, because }) => ({
    ...{ policy: policy.name, action: policy.action, because, at: policy.at },
    wins: policy === winner || policy.name === winner?.name,
  }));
  return {
    upstream,
    ...(built ? { source } : {}),
    matches: matches.toSorted((a, b) => Number(b.wins) - Number(a.wins)),
    fields: winner ? fieldsOf(context, winner, built !== undefined) : [],
  };
}

/** Where the source package comes from, for policies that name its upstream. */
function sourceUpstream(context: Context, source: string, upstream: string): string {
  const offers = (name: string) =>
    newestOf(context, name)?.packages.some((p) => p.name === source && isSourcePackage(p)) ?? false;
  const sources = [...context.desired.upstreams.values()].filter((u) => u.tree === 'source');
  const found = sources.find(
    (u) => offers(u.name) && context.policyOf(source, u.name)?.build !== undefined,
  );
  return found?.name ?? upstream;
}

function fieldsOf(context: Context, winner: Policy, isBuilt: boolean): ExplainedPolicies['fields'] {
  const { approvals, build, action } = winner;
  const questions = [
    ...(isBuilt ? ['start', 'build', 'sign'] : []),
    ...context.desired.channels.keys(),
  ];
  const values: readonly (readonly [string, string])[] = [
    ['action', action],
    ...questions.map((q): [string, string] => [
      `approvals.${q}`,
      approvals[q] ?? 'ask (not given)',
    ]),
    ...(build
      ? ([
          ['build.builder', build.builder],
          ['build.root', build.root === undefined ? 'the channels it goes to' : String(build.root)],
          ['build.priority', String(build.priority)],
          ['build.dist', build.dist ?? 'none'],
          ['build.patches', build.patches.join(' ') || 'none'],
        ] as const)
      : []),
  ];
  return values.map(([field, value]) => ({ field, value, policy: winner.name, at: winner.at }));
}
