import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  type BuildInputs,
  type BuildRecord,
  type CommitId,
  Fault,
  type FaultReport,
  type PackageEntry,
  type Sha256,
  type SourceOrigin,
  sha256Of,
} from '../../model/index.ts';
import type { BuildAnswer, BuildOrder, Ports } from '../../ports.ts';
import { buildDirectory, packagePath, type Store, stagingDirectory } from '../../store/index.ts';
import { type Allowance, sourceNevra } from './allowance.ts';
import { collect } from './collect.ts';
import { provenanceStatement } from './provenance.ts';

export interface BuildJob {
  readonly inputs: BuildInputs;
  readonly key: Sha256;
  readonly attempt: number;
  readonly commit: CommitId;
  readonly patches: BuildOrder['patches'];
  readonly repositories: BuildOrder['repositories'];
  readonly limits: BuildOrder['limits'];
  readonly allowance: Allowance;
  /** Where the source package was packed from, where it was packed here. */
  readonly origin?: SourceOrigin;
}

/** What an adapter said, and since when it was at it. */
export interface RanBuild {
  readonly job: BuildJob;
  readonly startedAt: number;
  readonly directory: string;
  readonly answer: BuildAnswer | { readonly kind: 'fault'; readonly fault: FaultReport };
}

/** Has the adapter build it. What this machine cannot do is an answer too: it is told in the record. */
export async function runBuild(
  ports: Pick<Ports, 'disk' | 'clock' | 'builders'>,
  store: Store,
  { job, signal }: { readonly job: BuildJob; readonly signal: AbortSignal },
): Promise<RanBuild> {
  const startedAt = ports.clock.now();
  const directory = join(stagingDirectory(store.root), `build-${job.key}-${job.attempt}`);
  try {
    const builder = ports.builders?.[job.inputs.builder];
    if (!builder) throw noBuilder(job);
    const sourcePath = packagePath(store.root, {
      ...sourceNevra(job.inputs.source),
      ...digest(job),
    });
    await verifySource(store, job, sourcePath);
    await store.disk.remove(directory);
    await store.disk.makeDirectory(directory);
    const { key, inputs, patches, repositories, limits } = job;
    const order = { key, inputs, sourcePath, patches, repositories, directory, limits };
    return { job, startedAt, directory, answer: await builder.build(order, signal) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Fault)) throw error;
    return { job, startedAt, directory, answer: { kind: 'fault', fault: error.toJSON() } };
  }
}

const digest = ({ inputs }: BuildJob) => ({ sha256: inputs.source.sha256 });

/** Judges and keeps what came out, with log and provenance; the working folder is gone afterwards. */
export async function settleBuild(
  ports: Pick<Ports, 'disk' | 'clock'>,
  store: Store,
  ran: RanBuild,
): Promise<BuildRecord> {
  const { job, startedAt, answer } = ran;
  const { key, inputs, attempt } = job;
  const endedAt = ports.clock.now();
  const base = { key, inputs, attempt, startedAt, endedAt };
  if (answer.kind === 'fault') {
    await store.disk.remove(ran.directory);
    return { ...base, outcome: 'failed', fault: answer.fault };
  }
  const log = await keepLog(store, job, answer.logPath);
  const told = { ...base, log };
  try {
    if (answer.kind === 'failed') throw failure(job, answer);
    if (answer.kind === 'prepared') {
      return { ...told, outcome: 'prepared', patches: answer.patches };
    }
    const packages = await collect(store, {
      inputs,
      allowance: job.allowance,
      directory: answer.outputDirectory,
      maxBytes: job.limits.diskBytes,
    });
    const provenance = await keepProvenance(store, job, {
      startedAt,
      endedAt,
      log,
      packages,
      answer,
    });
    return { ...told, outcome: 'built', packages, provenance };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const missing = answer.kind === 'failed' && answer.missing ? { missing: answer.missing } : {};
    return { ...told, outcome: 'failed', fault: error.toJSON(), ...missing };
  } finally {
    await store.disk.remove(ran.directory);
  }
}

async function verifySource(store: Store, job: BuildJob, path: string): Promise<void> {
  const hash = createHash('sha256');
  const there = (await store.disk.stat(path)) !== undefined;
  if (there) for await (const chunk of store.disk.chunks(path)) hash.update(chunk);
  const found = there ? hash.digest('hex') : 'no such file';
  if (found === job.inputs.source.sha256) return;
  throw new Fault('SnapshotDamaged', {
    object: job.inputs.source.nevra,
    check: 'digest of the source package',
    expected: `sha256 ${job.inputs.source.sha256}`,
    found,
    fix: 'Run `sluice reconcile --sync`: it is fetched again where its upstream still has it.',
  });
}

async function keepLog(store: Store, job: BuildJob, path: string): Promise<Sha256> {
  const bytes = (await store.disk.read(path)) ?? new Uint8Array();
  return await keepBeside(store, job, { name: 'build.log', bytes });
}

async function keepProvenance(
  store: Store,
  job: BuildJob,
  facts: {
    readonly startedAt: number;
    readonly endedAt: number;
    readonly log: Sha256;
    readonly packages: readonly PackageEntry[];
    readonly answer: BuildAnswer;
  },
): Promise<Sha256> {
  const { inputs, key, attempt, commit, limits } = job;
  const from = job.origin === undefined ? {} : { origin: job.origin };
  const what = { inputs, key, attempt, commit, limits, ...from };
  const statement = provenanceStatement({ ...what, ...facts });
  const bytes = Buffer.from(`${JSON.stringify(statement, undefined, 2)}\n`);
  return await keepBeside(store, job, { name: 'provenance.json', bytes });
}

async function keepBeside(
  store: Store,
  job: BuildJob,
  file: { readonly name: string; readonly bytes: Uint8Array },
): Promise<Sha256> {
  const directory = buildDirectory(store.root, job.key, job.attempt);
  await store.disk.replace(join(directory, file.name), file.bytes);
  return sha256Of(createHash('sha256').update(file.bytes).digest('hex'));
}

function failure(job: BuildJob, answer: Extract<BuildAnswer, { kind: 'failed' }>): Fault {
  const where = `builds/${job.key}/${job.attempt}/build.log in the state directory`;
  return new Fault(answer.code, {
    object: job.inputs.source.nevra,
    check: answer.check,
    found: answer.missing?.length ? answer.missing.join(', ') : answer.found,
    fix:
      fixes[answer.code] ?? `Read its log (${where}), change the policy, or \`sluice retry\` it.`,
  });
}

const fixes: Readonly<Record<string, string>> = {
  BuildRequirements:
    'Bring what is missing into a channel that the build root is made of, or build it here first.',
};

function noBuilder({ inputs }: BuildJob): Fault {
  return new Fault('BuilderUnsuitable', {
    object: inputs.source.nevra,
    check: `builder ${inputs.builder} is set up on this machine`,
    found: 'it is not',
    fix: 'Set it up in controller.yaml, or name another one in the policy (build.builder).',
  });
}
