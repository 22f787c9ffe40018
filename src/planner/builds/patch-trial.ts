import {
  type BuildInputs,
  type BuildReview,
  buildKey,
  type Hold,
  type PatchTrial,
  type ProposalRequest,
  type Step,
} from '../../model/index.ts';
import { listed } from '../gates/judging.ts';
import { stepOf } from '../step.ts';
import type { Context } from '../world.ts';
import { archesOf, type Buildable, inputsOf, rootOf } from './inputs.ts';
import { isTriedAgain, statesAlike } from './progress.ts';

type Trial = NonNullable<BuildReview['trial']>;

/** How far it is known whether the patches of a policy fit a source package that they were not made for. */
export type TriedPatches =
  | { readonly kind: 'none' }
  | { readonly kind: 'due'; readonly steps: readonly Step[]; readonly hold: Hold }
  | { readonly kind: 'tried'; readonly trial: Trial; readonly gates: ProposalRequest['gates'] };

/** Prepares the sources once, as a build would, before anybody is asked; whatever comes of it, the question is put. */
export function tryPatches(context: Context, candidate: Buildable): TriedPatches {
  const { policy, source } = candidate;
  if (policy.build.patches.length === 0) return { kind: 'none' };
  const root = rootOf(context, policy, source.upstream);
  if (root.kind === 'absent') return { kind: 'none' };
  const arch = root.kind === 'host' ? 'noarch' : usualArch(context, candidate);
  const at = { arch, root };
  // Whoever builds the package: unpacking and patching is the same everywhere, and here it is quick.
  const inputs: BuildInputs = {
    ...inputsOf(context, candidate, at),
    builder: 'local',
    stage: 'prepare',
  };
  const alike = statesAlike(context, inputs);
  const done = alike.flatMap((s) => s.records).find((r) => r.outcome === 'prepared');
  const key = buildKey(inputs);
  const own = context.actual.builds?.get(key);
  const last = done ?? own?.records.at(-1);
  const running = alike.some((s) => s.runningSince !== undefined);
  if (last === undefined || (!done && isTriedAgain(own))) {
    const attempt = (last?.attempt ?? 0) + 1;
    return due(candidate, running ? [] : [stepOfTrial(candidate, inputs, attempt)]);
  }
  if (running && !done) return due(candidate, []);
  const log = last.log === undefined ? {} : { log: last.log };
  const base = { key: last.key, attempt: last.attempt, ...log };
  if (last.outcome === 'failed') {
    const { check, found } = last.fault;
    const problem = found ? `${check} (${found})` : check;
    return { kind: 'tried', trial: { ...base, patches: [], problem }, gates: [notTried(problem)] };
  }
  const patches = last.outcome === 'prepared' ? last.patches : [];
  return { kind: 'tried', trial: { ...base, patches }, gates: misfits(candidate, patches) };
}

/** The preparation is the same for all of them; most machines that build are of this one. */
function usualArch(context: Context, { policy, source }: Buildable): string {
  const arches = archesOf(context, policy, source.upstream);
  return arches.includes('x86_64') ? 'x86_64' : (arches[0] ?? 'noarch');
}

function due({ policy, source }: Buildable, steps: readonly Step[]): TriedPatches {
  const hold: Hold = {
    code: 'BuildQueued',
    subject: `policy:${policy.name}`,
    text: `the patches of ${policy.name} are tried on ${source.nevra} before anybody is asked`,
    awaits: 'the end of the trial',
    at: policy.at,
  };
  return { kind: 'due', steps, hold };
}

function stepOfTrial({ policy, source }: Buildable, inputs: BuildInputs, attempt: number): Step {
  const { priority, limits } = policy.build;
  const why = {
    text: `policy ${policy.name} has patches to try on ${source.nevra}`,
    at: policy.at,
  };
  const key = buildKey(inputs);
  const subject = `policy:${policy.name}`;
  const step = { kind: 'build', inputs, key, attempt, priority, limits, subject, why } as const;
  return stepOf(step, { key, attempt });
}

const notTried = (problem: string) => ({
  code: 'BuildFailed',
  text: `the patches could not be tried: ${problem}`,
  reported: true,
});

function misfits({ source }: Buildable, patches: readonly PatchTrial[]): ProposalRequest['gates'] {
  const bad = patches.filter((p) => p.fit === 'fails' || p.fit === 'too-fuzzy');
  if (bad.length === 0) return [];
  const names = listed(bad.map((p) => p.path));
  const text = `${names} do not fit ${source.nevra}: mend them on this branch, or the build after the merge fails and what is served stays`;
  return [{ code: 'BuildFailed', text, reported: true }];
}
