import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localBuilder } from '../../src/edge/build/local/index.ts';
import { type BuildInputs, buildKey, sha256Of } from '../../src/model/index.ts';
import type { BuildAnswer, Builder, BuildOrder } from '../../src/ports.ts';
import { type SourceFile, type SourceRecipe, writeSourcePackage } from './source-package.ts';

/** Source packages and builds of them in a folder that goes away. */
export interface BuildWorld {
  readonly root: string;
  build(recipe: BuildRecipeOfTest): Promise<Built>;
  dispose(): void;
}

export interface BuildRecipeOfTest {
  /** The spec's sections after the preamble, or a whole spec that begins with `Name:`. */
  readonly spec: string;
  readonly files?: readonly SourceFile[];
  readonly source?: SourceRecipe;
  readonly inputs?: Partial<BuildInputs>;
  readonly limits?: Partial<BuildOrder['limits']>;
  readonly patches?: BuildOrder['patches'];
  readonly signal?: AbortSignal;
  readonly repositories?: BuildOrder['repositories'];
}

export interface Built {
  readonly answer: BuildAnswer;
  readonly log: string;
  /** Names of the files in the output directory. */
  readonly names: readonly string[];
  readonly directory: string;
  readonly key: string;
}

export const plainRecipe = {
  patches: [],
  defines: {},
  with: [],
  without: [],
  args: [],
} as const satisfies BuildInputs['recipe'];

const mebibyte = 1 << 20;
export const smallLimits: BuildOrder['limits'] = {
  seconds: 60,
  memoryBytes: 1024 * mebibyte,
  processes: 200,
  diskBytes: 64 * mebibyte,
  logBytes: mebibyte,
};

export function buildWorld(
  given?: Builder,
  repositories: BuildOrder['repositories'] = [],
): BuildWorld {
  const root = mkdtempSync(join(tmpdir(), 'sluice-build-'));
  // As a state directory: who builds must be able to get to what it is given.
  chmodSync(root, 0o755);
  const builder = given ?? localBuilder({ roots: join(root, 'roots') });
  let builds = 0;
  return {
    root,
    build: async (recipe) => {
      builds += 1;
      const directory = join(root, `build-${builds}`);
      const sourcePath = join(root, `source-${builds}.src.rpm`);
      const { spec, files = [], source } = recipe;
      const bytes = writeSourcePackage(
        [{ name: 'sample.spec', content: sampleSpec(spec) }, ...files],
        source,
      );
      writeFileSync(sourcePath, bytes);
      mkdirSync(directory);
      const sha256 = sha256Of(createHash('sha256').update(bytes).digest('hex'));
      const inputs: BuildInputs = {
        source: { nevra: 'sample-1.0-1.src', sha256, upstream: 'vendor' },
        arch: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
        builder: 'local',
        root: { kind: 'host' },
        recipe: plainRecipe,
        sourceDateEpoch: 1_700_000_000,
        ...recipe.inputs,
      };
      const key = buildKey(inputs);
      const order: BuildOrder = {
        key,
        inputs,
        sourcePath,
        patches: recipe.patches ?? [],
        repositories: recipe.repositories ?? repositories,
        directory,
        limits: { ...smallLimits, ...recipe.limits },
      };
      const answer = await builder.build(order, recipe.signal ?? new AbortController().signal);
      const log = readFileSync(answer.logPath, 'utf8');
      return {
        answer,
        log,
        names: readdirSync(join(directory, 'output')).toSorted(),
        directory,
        key,
      };
    },
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** A spec around the sections of a test. */
export function sampleSpec(text: string): string {
  if (/^Name:/m.test(text)) return text;
  return `Name: sample
Version: 1.0
Release: 1%{?dist}
Summary: A sample
License: MIT
BuildArch: noarch
%description
A sample.
${text}
`;
}
