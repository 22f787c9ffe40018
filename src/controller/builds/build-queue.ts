import { runBuild, settleBuild } from '../../executor/index.ts';
import {
  type BuildLimits,
  type BuildRecord,
  builtDifferently,
  Fault,
  type FaultReport,
  type Sha256,
} from '../../model/index.ts';
import type { Installation } from '../installation.ts';
import { type PlannedBuild, prepareBuild } from './prepare-build.ts';

/** Builds beside the loop: a pass puts them in, their end wakes a pass. */
export interface BuildQueue {
  /** The same build twice is one. */
  add(build: PlannedBuild): void;
  /** Forgets what waits and is no longer planned; what runs goes on. */
  retain(keys: ReadonlySet<Sha256>): void;
  /** Something waits or runs. */
  busy(): boolean;
  /** What is under way, for those who wait for it. */
  progress(): BuildProgress;
  /** It was told to end: nothing is worth waiting for any more. */
  stopped(): boolean;
  /** When nothing waits or runs any more. */
  idle(): Promise<void>;
  /** Ends what runs, as interrupted; nothing is begun any more. */
  stop(): Promise<void>;
}

export interface BuildProgress {
  /** `greeting-1.0-1.src for x86_64`, of what runs. */
  readonly building: readonly string[];
  /** Builds that ended since the queue was last idle. */
  readonly done: number;
  /** Those, what runs and what waits. */
  readonly total: number;
}

export interface BuildQueueOptions {
  /** How many builds run at the same time. */
  readonly concurrency: number;
  /** What this machine gives to one build. */
  readonly limits: BuildLimits;
  /** Runs a task while nothing else writes to the store or plans. */
  readonly exclusive: <T>(task: () => Promise<T>) => Promise<T>;
  /** A build ended and is in the journal. */
  readonly ended: () => void;
}

/** A queue in memory: the journal says what ended, and the plan says again what is still due. */
export function buildQueue(c: Installation, options: BuildQueueOptions): BuildQueue {
  let waiting: PlannedBuild[] = [];
  const running = new Map<Sha256, { readonly name: string; readonly done: Promise<void> }>();
  const stopping = new AbortController();
  let ended = 0;
  const progress = (): BuildProgress => ({
    building: [...running.values()].map((r) => r.name),
    done: ended,
    total: ended + running.size + waiting.length,
  });
  const tell = (): void => {
    const { done, total } = progress();
    c.ports.log.emit({ kind: 'progress', task: 'build', done, total, unit: 'builds' });
    if (running.size + waiting.length === 0) ended = 0;
  };

  const begin = (): void => {
    while (running.size < options.concurrency && !stopping.signal.aborted) {
      const next = waiting.shift();
      if (next === undefined) return;
      const { key, inputs } = next.step;
      const done = work(c, next, { options, signal: stopping.signal })
        .catch((error: unknown) => warn(c, error))
        .then(() => {
          running.delete(key);
          ended += 1;
          begin();
          tell();
          options.ended();
        });
      running.set(key, { name: `${inputs.source.nevra} for ${inputs.arch}`, done });
    }
  };

  return {
    add: (build) => {
      const { key } = build.step;
      if (running.has(key)) return;
      waiting = [...waiting.filter((w) => w.step.key !== key), build].toSorted(
        (a, b) => b.step.priority - a.step.priority,
      );
      begin();
      tell();
    },
    retain: (keys) => {
      waiting = waiting.filter((w) => keys.has(w.step.key));
    },
    busy: () => waiting.length + running.size > 0,
    progress,
    stopped: () => stopping.signal.aborted,
    idle: async () => {
      while (running.size > 0) await Promise.all([...running.values()].map((r) => r.done));
    },
    stop: async () => {
      waiting = [];
      stopping.abort(interrupted);
      await Promise.all([...running.values()].map((r) => r.done));
    },
  };
}

/** A policy may ask for less than the machine gives to a build, never for more. */
function lesser(a: BuildLimits, b: BuildLimits): BuildLimits {
  return {
    seconds: Math.min(a.seconds, b.seconds),
    memoryBytes: Math.min(a.memoryBytes, b.memoryBytes),
    processes: Math.min(a.processes, b.processes),
    diskBytes: Math.min(a.diskBytes, b.diskBytes),
    logBytes: Math.min(a.logBytes, b.logBytes),
  };
}

interface Work {
  readonly options: BuildQueueOptions;
  readonly signal: AbortSignal;
}

async function work(c: Installation, build: PlannedBuild, w: Work): Promise<void> {
  const { key, inputs, attempt, subject } = build.step;
  const startedAt = c.ports.clock.now();
  await c.note('build-begun', { key, inputs, attempt, subject });
  const say = (text: string) => c.ports.log.emit({ kind: 'note', text });
  const does = inputs.stage === 'prepare' ? 'trying the patches on' : 'building';
  say(`${does} ${inputs.source.nevra} for ${inputs.arch}, attempt ${attempt}`);
  const failed = (fault: FaultReport): BuildRecord => {
    const endedAt = c.ports.clock.now();
    return { key, inputs, attempt, startedAt, endedAt, outcome: 'failed', fault };
  };
  const settled = async (): Promise<() => Promise<BuildRecord>> => {
    try {
      const limits = lesser(build.step.limits, w.options.limits);
      const job = await prepareBuild(c, build, limits);
      const ran = await runBuild(c.ports, c.store, { job, signal: w.signal });
      return () => settleBuild(c.ports, c.store, ran);
    } catch (error) {
      const fault = w.signal.aborted ? interrupted : asFault(c, error);
      return async () => failed({ ...fault, object: inputs.source.nevra });
    }
  };
  const end = await settled();
  // Packages are in the journal before anybody else may look for what nothing names.
  const record = await w.options.exclusive(async () => {
    const ended = await end().catch((error: unknown) => failed(asFault(c, error)));
    await c.note('build-ended', { record: ended });
    return ended;
  });
  say(endText(record));
  warnOfOtherBytes(c, record);
}

/** Both stay recorded, and the plan goes on telling it. */
function warnOfOtherBytes(c: Installation, { key, attempt, inputs }: BuildRecord): void {
  const all = builtDifferently(c.memory().builds.get(key)?.records ?? []);
  const others = all.filter((d) => d.attempt === attempt);
  if (others.length === 0) return;
  const found = others.map(
    (d) => `${d.nevra} was sha256 ${d.first} (attempt ${d.firstAttempt}), is sha256 ${d.other}`,
  );
  const fault = new Fault('BuildNotReproducible', {
    object: inputs.source.nevra,
    check: 'the same inputs are built into the same bytes',
    found: found.join('; '),
    fix: 'Nothing; what was built first counts. Look for times, random numbers or addresses in what differs.',
  });
  const text = `${fault.code}: ${fault.message}`;
  c.ports.log.emit({ kind: 'warning', text, fault: fault.toJSON() });
}

function endText(record: BuildRecord): string {
  const name = record.inputs.source.nevra;
  if (record.outcome === 'prepared') {
    return `tried the patches on ${name}: ${record.patches.map((p) => `${p.path} ${p.fit}`).join(', ')}`;
  }
  if (record.outcome === 'built') return `built ${name}: ${record.packages.length} packages`;
  return `${record.fault.code}: ${name} was not built: ${record.fault.check}; found ${record.fault.found ?? ''}`;
}

/** How a build ended that the controller did not live to see, or that it ended itself. */
export const interrupted: FaultReport = {
  code: 'BuildInterrupted',
  object: 'build',
  check: 'the controller ran until the build ended',
  fix: 'Nothing; it is tried again.',
};

/** A mistake of ours must not make a build begin again with every pass. */
function asFault(c: Installation, error: unknown): FaultReport {
  if (error instanceof Fault) return error.toJSON();
  warn(c, error);
  return {
    code: 'Internal',
    object: 'build',
    check: 'an unexpected error',
    found: String(error),
    fix: 'Report it with the log of the controller; `sluice retry` tries again.',
  };
}

function warn(c: Installation, error: unknown): void {
  c.ports.log.emit({ kind: 'warning', text: `build: ${String(error)}` });
}
