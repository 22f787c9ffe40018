import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BuildQueue,
  type BuildQueueOptions,
  buildQueue,
  type Installation,
  installation,
} from '../../src/controller/index.ts';
import { localBuilder } from '../../src/edge/build/local/index.ts';
import { realDisk } from '../../src/edge/disk.ts';
import {
  type BuildInputs,
  type BuildRecord,
  buildKey,
  type CommitId,
  type Desired,
  type SourcePackage,
  type StepOf,
  sha256Of,
} from '../../src/model/index.ts';
import type { Builder, Ports } from '../../src/ports.ts';
import {
  buildDirectory,
  keepPackage,
  openJournal,
  snapshotReader,
  stagePackage,
} from '../../src/store/index.ts';
import { plainRecipe, sampleSpec, smallLimits } from './build-world.ts';
import { type SourceFile, type SourceRecipe, writeSourcePackage } from './source-package.ts';

/** An installation on a real disk that can build, and nothing else. */
export interface BuildingSite {
  readonly root: string;
  /** As a controller that starts: journal and memory are read back. */
  open(): Promise<Installation>;
  /** Puts a source package into the store. */
  source(
    spec: string,
    files?: readonly SourceFile[],
    recipe?: SourceRecipe,
  ): Promise<SourcePackage>;
  file(record: BuildRecord, name: 'build.log' | 'provenance.json'): string;
  /** What was told to people. */
  readonly said: string[];
  dispose(): void;
}

export const commit = 'c'.repeat(40) as CommitId;
const desired = { commit, channels: new Map(), upstreams: new Map() } as unknown as Desired;

export function buildingSite(
  builder?: Builder,
  root = mkdtempSync(join(tmpdir(), 'sluice-building-')),
): BuildingSite {
  const store = { disk: realDisk(), root };
  const said: string[] = [];
  const clock = { now: () => Math.floor(Date.now() / 1000) };
  const log = {
    emit: (event: { readonly kind: string; readonly text?: string }) => {
      said.push(event.text ?? event.kind);
    },
  };
  // Whatever else were used would be missed at once.
  const ports = {
    disk: store.disk,
    builders: { local: builder ?? localBuilder({ roots: join(root, 'buildroots') }) },
    clock,
    log,
  } as unknown as Ports;
  return {
    root,
    said,
    open: async () => {
      const journal = await openJournal(store.disk, join(root, 'journal'), clock);
      return installation({ ports, store, journal, snapshots: snapshotReader(store) });
    },
    source: async (spec, files = [], recipe = {}) => {
      const { name = 'sample', version = '1.0', release = '1' } = recipe;
      const all = [{ name: `${name}.spec`, content: sampleSpec(spec) }, ...files];
      const bytes = writeSourcePackage(all, recipe);
      const sha256 = sha256Of(createHash('sha256').update(bytes).digest('hex'));
      const nevra = { name, epoch: 0, version, release, arch: 'src' };
      const staged = await stagePackage(store);
      await staged.write(bytes);
      const entry = { ...nevra, sha256, sizeBytes: bytes.length, buildTime: 0 };
      await keepPackage(store, staged, entry);
      return { nevra: `${name}-${version}-${release}.src`, sha256, upstream: 'vendor' };
    },
    file: (record, name) =>
      readFileSync(join(buildDirectory(root, record.key, record.attempt), name), 'utf8'),
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** The step that a plan would have for it. */
export function buildStep(
  source: SourcePackage,
  more: { readonly inputs?: Partial<BuildInputs>; readonly step?: Partial<StepOf<'build'>> } = {},
): StepOf<'build'> {
  const inputs: BuildInputs = {
    source,
    arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
    builder: 'local',
    root: { kind: 'host' },
    recipe: { ...plainRecipe, dist: '.site1' },
    sourceDateEpoch: 1_700_000_000,
    ...more.inputs,
  };
  const key = buildKey(inputs);
  const why = { text: 'the test asks for it' };
  const step = { kind: 'build', id: key, why, inputs, key, attempt: 1, priority: 10 } as const;
  return { ...step, limits: smallLimits, subject: 'update:sample', ...more.step };
}

/** A queue whose installation has it, as `sluice run` makes it. */
export function queueOf(
  c: Installation,
  options: Partial<BuildQueueOptions> = {},
): BuildQueue & { put(step: StepOf<'build'>): void } {
  const queue = buildQueue(c, {
    concurrency: 1,
    limits: smallLimits,
    exclusive: (task) => task(),
    ended: () => undefined,
    ...options,
  });
  return { ...queue, put: (step) => queue.add({ step, desired }) };
}

/** Builds one thing and returns how it ended. */
export async function buildOnce(c: Installation, step: StepOf<'build'>): Promise<BuildRecord> {
  const queue = queueOf(c);
  queue.put(step);
  await queue.idle();
  const record = c.memory().builds.get(step.key)?.records.at(-1);
  if (!record) throw new Error('nothing is recorded');
  return record;
}
