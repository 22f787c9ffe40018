import type { CommitId, Desired, FaultReport, Hold, Plan, Removal } from '../model/index.ts';
import { canonicalDigest, Fault } from '../model/index.ts';
import { look } from '../observer/index.ts';
import { plan, type World } from '../planner/index.ts';
import type { Finding } from '../policy/index.ts';
import { clockFault, servedNames } from '../store/index.ts';
import { watch } from '../watch/index.ts';
import { converse } from './conversation/converse.ts';
import { doSteps, type StepResult } from './do-steps.ts';
import { editedPolicies } from './edited-policies.ts';
import { catchUpLog, restoreFromLog } from './generation-log.ts';
import { goBack } from './go-back.ts';
import { heal } from './heal.ts';
import type { Installation } from './installation.ts';
import { noteMoves } from './moves.ts';
import { obtain } from './needs.ts';
import { provenApprovals } from './proven-approvals.ts';
import { type ReadResult, readPolicyAt } from './read-policy-at.ts';
import { removalsSince } from './removals.ts';
import { retireNames } from './retire-names.ts';
import { servedByRevokedKeys } from './revoked-signers.ts';
import { retireTrials, servedTrials } from './trials.ts';
import { withoutDecisions } from './withhold.ts';

/** What one pass of the loop did and found. */
export interface PassReport {
  readonly head: CommitId | undefined;
  /** The commit whose policy is in force: older than `head` while the newest has findings. */
  readonly desired: Desired | undefined;
  readonly findings: readonly Finding[];
  readonly plan: Plan | undefined;
  readonly results: readonly StepResult[];
  readonly holds: readonly Hold[];
  readonly faults: readonly FaultReport[];
  /** Something happened, so another pass may find more to do. */
  readonly changed: boolean;
}

export interface PassOptions {
  /** Every upstream is mirrored, whatever its schedule says. */
  readonly syncAll: boolean;
  /** Only channels that are pinned to what they had before are served that; everything else is the next pass's. */
  readonly returnsOnly?: boolean;
}

const maxRounds = 8;

/** watch, read, look, plan, do, and talk with people: one time round. */
export async function pass(c: Installation, options: PassOptions): Promise<PassReport> {
  const wrong = clockFault(c.memory().lastTime, c.ports.clock.now());
  if (wrong) return nothing(atRest(c), [wrong.toJSON()]);
  const faults: FaultReport[] = [];
  const watched = await watchStage(c, faults);
  if (!watched.head) return nothing(watched, faults);
  const restored = await restoreFromLog(c);
  const read = await readStage(c, watched.head);
  if (!read.desired) return { ...nothing(watched, faults), findings: read.findings };
  await retireNames(c, read.desired);
  const missing = await heal(c, read.desired);
  const returns = await goBack(c, read.desired);
  if (options.returnsOnly) return onlyReturns(watched, { read, returns, faults });
  const removals = await removalsSince(c, read.desired.commit);
  const world = await planWorld(c, read.desired, { removals, syncAll: options.syncAll });
  const whole = plan(world);
  await noteMoves(c, world, whole);
  const valid = read.desired.commit === watched.head;
  const allowed = valid && !watched.refused;
  const planned = allowed ? whole : withoutDecisions(whole, valid ? 'refused' : 'findings');
  const due = planned.steps.flatMap((s) => (s.kind === 'build' ? [s.key] : []));
  c.builds?.retain(new Set(due));
  const returned = returns.filter((r) => r.outcome?.kind === 'done');
  const results = [...returned, ...(await doSteps(c, read.desired, planned))];
  if (planned === whole) await settleRemovals(c, read.desired.commit, { planned, results });
  const said = allowed ? await converse(c, read.desired, planned) : { changed: false, faults: [] };
  await retireTrials(c);
  await catchUpLog(c).catch(collect(faults));
  const revoked = await servedByRevokedKeys(c, read.desired);
  for (const result of results) if (result.fault) faults.push(result.fault);
  faults.push(...said.faults);
  return {
    head: watched.head,
    desired: read.desired,
    findings: read.findings,
    plan: planned,
    results,
    holds: [...watched.holds, ...missing, ...revoked, ...planned.holds, ...waitingIn(results)],
    faults,
    changed: restored || watched.moved || said.changed || results.some(changedSomething),
  };
}

/** A failed mirror counts: the plan of this pass did not know of it yet. */
function changedSomething({ step, outcome, fault }: StepResult): boolean {
  return outcome?.kind === 'done' || (step.kind === 'mirror' && fault !== undefined);
}

interface Watched {
  readonly head: CommitId | undefined;
  readonly holds: readonly Hold[];
  readonly moved: boolean;
  /** The policy repository has a commit that may not decide what it decides. */
  readonly refused: boolean;
}

const atRest = (c: Installation): Watched => ({
  head: c.memory().acceptedHead,
  holds: [],
  moved: false,
  refused: false,
});

async function watchStage(c: Installation, faults: FaultReport[]): Promise<Watched> {
  const before = c.memory().acceptedHead;
  try {
    const acknowledged = c.memory().acknowledgedHead;
    const seen = await watch(c.ports, { head: before, acknowledged });
    const moved = seen.head !== before;
    await rememberHold(c, seen.hold);
    if (moved) {
      await c.note('accepted', { head: seen.head, ...(before ? { from: before } : {}) });
      if (!before) await c.note('removals-handled', { commit: seen.head });
    }
    const refused = seen.refused !== undefined;
    return { head: seen.head, holds: seen.hold ? [seen.hold] : [], moved, refused };
  } catch (error) {
    collect(faults)(error);
    return atRest(c);
  }
}

/** Journaled once, so that `status` shows it and nobody can say it never was. */
async function rememberHold(c: Installation, hold: Hold | undefined): Promise<void> {
  if (canonicalDigest(hold ?? {}) === canonicalDigest(c.memory().policyHold ?? {})) return;
  await c.note('policy-held', hold === undefined ? {} : { hold });
}

/** The newest accepted policy, or the last good one while the newest has findings. */
async function readStage(c: Installation, head: CommitId) {
  const newest = await readPolicyAt(c.ports, head);
  if (newest.desired) {
    if (c.memory().desiredCommit !== head) await c.note('desired', { commit: head });
    return newest;
  }
  const good = c.memory().desiredCommit;
  if (!good || good === head) return newest;
  const last = await readPolicyAt(c.ports, good);
  return { desired: last.desired, findings: newest.findings };
}

export interface PlanStageOptions {
  readonly removals: readonly Removal[];
  readonly syncAll: boolean;
}

/** Plans, obtains what the planner lacks, and plans again until it lacks nothing. */
export async function planStage(
  c: Installation,
  desired: Desired,
  options: PlanStageOptions,
): Promise<Plan> {
  return plan(await planWorld(c, desired, options));
}

/** Everything a plan depends on, with every fact that the planner asks for. */
export async function planWorld(
  c: Installation,
  desired: Desired,
  options: PlanStageOptions,
): Promise<World> {
  const now = c.ports.clock.now();
  const seen = await look(c.ports, {
    desired,
    head: c.memory().acceptedHead ?? desired.commit,
    memory: c.memory(),
    snapshots: c.snapshots,
    removals: options.removals,
    facts: c.facts,
    now,
    syncAll: options.syncAll,
  });
  const proposals = await provenApprovals(c, desired, seen.proposals);
  const trials = await servedTrials(c);
  const edited = await editedPolicies(c.ports, seen.proposals, desired.commit);
  const served = await servedNames(c.store);
  for (let round = 0; round < maxRounds; round++) {
    const actual = { ...seen, proposals, edited, trials, served, facts: c.facts };
    const world = { desired, actual, now };
    const missing = plan(world).needs.filter((n) => !c.facts.has(n.id));
    if (missing.length === 0) return world;
    for (const need of missing) c.facts.set(need.id, await obtain(c.store, c.closures, need));
  }
  throw new Error(`the plan still lacks facts after ${maxRounds} rounds`);
}

/** Once what was taken back has its hold files (or needs none), it is not looked at again. */
async function settleRemovals(
  c: Installation,
  commit: CommitId,
  { planned, results }: { readonly planned: Plan; readonly results: readonly StepResult[] },
): Promise<void> {
  const written = results.every((r) => r.step.kind !== 'commit' || r.outcome?.kind === 'done');
  const complete = planned.holds.every((h) => h.code !== 'RollbackIncomplete');
  if (!written || !complete || c.memory().removalsHandled === commit) return;
  await c.note('removals-handled', { commit });
}

function onlyReturns(
  watched: Watched,
  done: {
    readonly read: ReadResult;
    readonly returns: readonly StepResult[];
    readonly faults: readonly FaultReport[];
  },
): PassReport {
  const { read, returns } = done;
  const faults = [...done.faults, ...returns.flatMap((r) => r.fault ?? [])];
  const seen = nothing(watched, faults);
  const holds = [...watched.holds, ...waitingIn(returns)];
  return { ...seen, desired: read.desired, findings: read.findings, results: returns, holds };
}

const waitingIn = (results: readonly StepResult[]): readonly Hold[] =>
  results.flatMap((r) => (r.outcome?.kind === 'waiting' ? [r.outcome.hold] : []));

function nothing(watched: Watched, faults: readonly FaultReport[]): PassReport {
  return {
    head: watched.head,
    desired: undefined,
    findings: [],
    plan: undefined,
    results: [],
    holds: watched.holds,
    faults,
    changed: watched.moved,
  };
}

/** Turns a fault into a value; programmer mistakes go on. */
function collect(faults: FaultReport[]): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Fault)) throw error;
    faults.push(error.toJSON());
  };
}
