import type { BuildRecord, BuildState, Hold, Sha256, Step, Update } from '../../model/index.ts';
import { buildKey, canonicalDigest } from '../../model/index.ts';
import { listed } from '../gates/judging.ts';
import { stepOf } from '../step.ts';
import type { Context } from '../world.ts';
import type { Buildable, inputsOf } from './inputs.ts';
import { feedsBuilds } from './results-channels.ts';

export type BuiltRecord = Extract<BuildRecord, { readonly outcome: 'built' }>;
type FailedRecord = Extract<BuildRecord, { readonly outcome: 'failed' }>;

/** How far the build of one update for one architecture is. */
export type Progress =
  | { readonly kind: 'built'; readonly record: BuiltRecord }
  | { readonly kind: 'running'; readonly hold: Hold }
  | { readonly kind: 'wanted'; readonly hold: Hold; readonly step: Step }
  | { readonly kind: 'failed'; readonly hold: Hold; readonly missing: readonly string[] };

/** A build that ended with the controller is tried again; one that was there so often may be what ended it. */
const maxAttempts = 3;

export interface WantedBuild extends Buildable {
  readonly update: Update;
  readonly inputs: ReturnType<typeof inputsOf>;
}

/**
 * A build that came to its end with the same source and recipe counts, whatever the buildroot had meanwhile; a build
 * that failed is the same failure only with the same buildroot, for that may be what was missing.
 */
export function progressOf(context: Context, wanted: WantedBuild): Progress {
  const key = buildKey(wanted.inputs);
  const alike = statesAlike(context, wanted.inputs);
  const records = alike.flatMap((s) => s.records).filter((r) => r.outcome === 'built');
  const [first] = records.toSorted((a, b) => a.endedAt - b.endedAt || (a.key < b.key ? -1 : 1));
  if (first) return { kind: 'built', record: first };
  const { policy, update } = wanted;
  const about = { subject: `update:${update.id}`, at: policy.at };
  const label = `${wanted.source.nevra} for ${wanted.inputs.arch}`;
  const running = alike.find((s) => s.runningSince !== undefined);
  if (running) {
    const text = `${label} is being built`;
    return { kind: 'running', hold: { code: 'BuildQueued', ...about, text, awaits: 'its end' } };
  }
  const state = context.actual.builds?.get(key);
  const last = state?.records.at(-1);
  if (last?.outcome === 'failed' && !isTriedAgain(state)) return failed(wanted, last);
  const attempt = (last?.attempt ?? 0) + 1;
  const hold: Hold = {
    code: 'BuildQueued',
    ...about,
    text: `${label} is to be built`,
    awaits: 'its turn',
  };
  return { kind: 'wanted', hold, step: buildStep(wanted, key, attempt) };
}

/** Builds of the same source for the same architecture, with the same recipe by the same builder. */
export function statesAlike(
  { actual, desired }: Pick<Context, 'actual' | 'desired'>,
  inputs: BuildRecord['inputs'],
): readonly BuildState[] {
  const same = (a: BuildRecord['inputs']): boolean =>
    a.source.sha256 === inputs.source.sha256 &&
    a.arch === inputs.arch &&
    withoutRoot(desired, a) === withoutRoot(desired, inputs);
  return [...(actual.builds?.values() ?? [])].filter((s) => same(s.inputs));
}

/**
 * The host is another kind of buildroot than channels are; which generation those had does not matter, and whether
 * results of other builds were there does not either.
 */
function withoutRoot(
  { channels }: Context['desired'],
  { root, ...inputs }: BuildRecord['inputs'],
): Sha256 {
  const feeds = (name: string): boolean => feedsBuilds(channels.get(name) ?? {});
  const names = (given: readonly { readonly name: string }[]) =>
    given.map((c) => c.name).filter((name) => !feeds(name));
  return canonicalDigest({
    ...inputs,
    root: root.kind === 'host' ? root.kind : names(root.channels),
  });
}

function failed({ policy, update, source }: WantedBuild, record: FailedRecord): Progress {
  const { fault, missing = [], inputs, attempt } = record;
  const label = `${source.nevra} for ${inputs.arch}`;
  const about = { subject: `update:${update.id}`, at: policy.at };
  const retry = `sluice retry ${source.nevra}`;
  if (missing.length > 0) {
    const text = `${label} needs ${listed(missing)}, which its buildroot does not have`;
    const awaits = `a buildroot that has it, or ${retry}`;
    const hold: Hold = { code: 'BuildRequirements', ...about, text, awaits };
    return { kind: 'failed', hold, missing };
  }
  const parked = isInterrupted(record);
  const text = parked
    ? `${label} was under way ${attempt} times when the controller ended, so it is not tried again`
    : `${label} failed: ${fault.check}${fault.found ? ` (${fault.found})` : ''}`;
  const awaits = `another source, recipe or buildroot, or ${retry}`;
  const code = parked ? 'BuildParked' : fault.code;
  return { kind: 'failed', hold: { code, ...about, text, awaits }, missing };
}

/** An operator asked for it, or the controller ended before it did. */
export function isTriedAgain(state: BuildState | undefined): boolean {
  const last = state?.records.at(-1);
  if (state?.retry || last === undefined) return state?.retry === true;
  return isInterrupted(last) && last.attempt < maxAttempts;
}

const isInterrupted = (record: BuildRecord): boolean =>
  record.outcome === 'failed' && record.fault.code === 'BuildInterrupted';

function buildStep(wanted: WantedBuild, key: Sha256, attempt: number): Step {
  const { inputs, policy, update, source } = wanted;
  const why = {
    text: `${update.id} wants ${source.nevra} built for ${inputs.arch}`,
    at: policy.at,
  };
  const { priority, limits } = policy.build;
  const step = {
    kind: 'build',
    inputs,
    key,
    attempt,
    priority,
    limits,
    subject: `update:${update.id}`,
    why,
  } as const;
  return stepOf(step, { key, attempt });
}
