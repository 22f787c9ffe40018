import type { BuildInputs, BuildLimits, PatchTrial } from './build.ts';
import type { Code } from './codes.ts';
import type { Sha256 } from './package.ts';

/** A repository that a buildroot is composed from. */
export interface BuildRepository {
  readonly id: string;
  /** Absolute path of a directory with `repodata/`. */
  readonly directory: string;
  /** Armored public keys for its metadata and packages; empty = unsigned results, never of a channel with signing. */
  readonly keys: readonly string[];
  /** Its packages have no signature: its signed metadata names their digests. */
  readonly unsigned?: true;
}

/** One build, with everything it may read. Nothing else of the machine is visible to it. */
export interface BuildOrder {
  readonly key: Sha256;
  readonly inputs: BuildInputs;
  /** Absolute path of the source package, which was verified. */
  readonly sourcePath: string;
  /** The recipe's patches, in its order. */
  readonly patches: readonly { readonly name: string; readonly text: string }[];
  /** Empty for the root `host`. */
  readonly repositories: readonly BuildRepository[];
  /** An empty directory of this build alone; whatever the adapter writes is below it. Absolute. */
  readonly directory: string;
  readonly limits: BuildLimits;
}

export type BuildAnswer = {
  /** Absolute path below the order's directory. */
  readonly logPath: string;
  /** What was in the buildroot, NEVRAs sorted; empty for the root `host`. */
  readonly buildroot: readonly string[];
  /** The command that ran inside the sandbox. */
  readonly command: readonly string[];
  /** How it was kept apart from everything else, as the adapter puts it; for the provenance. */
  readonly isolation: readonly string[];
} & (
  | {
      readonly kind: 'built';
      /** Where the results are, below the order's directory; untrusted: anything may lie in it. */
      readonly outputDirectory: string;
    }
  /** Of the stage `prepare`. */
  | { readonly kind: 'prepared'; readonly patches: readonly PatchTrial[] }
  | {
      readonly kind: 'failed';
      /** Whose fault it is: the package's, never this machine's (that is thrown). */
      readonly code: Code;
      readonly check: string;
      readonly found: string;
      readonly missing?: readonly string[];
    }
);
