import {
  type BuildState,
  builtDifferently,
  type Hold,
  parseNevra,
  type Step,
  type Update,
} from '../../model/index.ts';
import { listed } from '../gates/judging.ts';
import { stepOf } from '../step.ts';
import type { Context } from '../world.ts';
import { buildPolicyOf } from './built-here.ts';

/** What comes of builds that were made more than once. */
export interface RepeatedBuilds {
  readonly steps: readonly Step[];
  readonly notes: readonly Hold[];
}

/**
 * A build that came to its end is made again when an operator asks for it, only to be compared: what the first one brought
 * counts in any case. Where the same inputs gave other bytes, that is told for as long as the build is known.
 */
export function repeatedBuilds(context: Context): RepeatedBuilds {
  const states = [...(context.actual.builds?.values() ?? [])];
  return {
    steps: states.flatMap((s) => againStep(context, s)),
    notes: states.flatMap((s) => differences(context, s)),
  };
}

function againStep(context: Context, state: BuildState): readonly Step[] {
  const { key, inputs, records, retry, runningSince } = state;
  const last = records.at(-1);
  const isBuilt = records.some((r) => r.outcome === 'built');
  if (!retry || !isBuilt || last === undefined || runningSince !== undefined) return [];
  const { nevra, upstream } = inputs.source;
  const policy = buildPolicyOf(context, parseNevra(nevra)?.name ?? nevra, { upstream });
  if (!policy) return [];
  const attempt = last.attempt + 1;
  const { priority, limits } = policy.build;
  const subject = subjectOf(context, state);
  const why = { text: `an operator wants to see whether ${nevra} is built the same again` };
  const step = { kind: 'build', inputs, key, attempt, priority, limits, subject, why } as const;
  return [stepOf(step, { key, attempt })];
}

function differences(context: Context, state: BuildState): readonly Hold[] {
  const found = builtDifferently(state.records);
  if (found.length === 0) return [];
  const { nevra } = state.inputs.source;
  const text = found.map(
    (d) =>
      `${d.nevra} is sha256 ${d.first} of attempt ${d.firstAttempt}, sha256 ${d.other} of attempt ${d.attempt}`,
  );
  return [
    {
      code: 'BuildNotReproducible',
      subject: subjectOf(context, state),
      text: `the same inputs of ${nevra} were built into other bytes: ${listed(text, 3)}`,
      awaits: 'nobody; what was built first counts',
    },
  ];
}

function subjectOf({ desired }: Context, { key, inputs }: BuildState): string {
  const updates = [...desired.updates.values()].filter((u) => u.build !== undefined);
  const names = (u: Update) => Object.values(u.build?.results ?? {}).includes(key);
  const ofSource = (u: Update) => u.build?.source.sha256 === inputs.source.sha256;
  const update = updates.find(names) ?? updates.find(ofSource);
  return update ? `update:${update.id}` : `build:${inputs.source.nevra}`;
}
