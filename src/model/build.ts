import { canonicalDigest } from './digest.ts';
import type { FaultReport } from './fault.ts';
import { nevraText, type PackageEntry, type Sha256 } from './package.ts';
import type { SnapshotId } from './snapshot.ts';

/** A source package as an upstream offers it. */
export interface SourcePackage {
  /** As written; `parseNevra` reads it. Its arch is `src` or `nosrc`. */
  readonly nevra: string;
  readonly sha256: Sha256;
  readonly upstream: string;
}

export type BuilderName = 'local' | 'mock' | 'obs';

/** What a build may use at most; reaching one of them is a failure of the package. */
export interface BuildLimits {
  /** Wall clock. */
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly processes: number;
  readonly diskBytes: number;
  readonly logBytes: number;
}

/** Something that people are asked once about a special case; the answer becomes a macro of its name. */
export interface BuildAsk {
  readonly type: 'text' | 'number' | 'yes-no' | 'choice';
  /** The question, for people. */
  readonly description: string;
  /** What the proposal suggests; absent where only people can know. */
  readonly default?: string;
  /** Of a `choice`. */
  readonly choices: readonly string[];
}

/** The `build` of a policy: how the source packages that it decides about are built. */
export interface PolicyBuild {
  /** Paths below `patches/`, in the order in which they are applied; digests are in `Desired.patches`. */
  readonly patches: readonly string[];
  readonly defines: Readonly<Record<string, string>>;
  readonly with: readonly string[];
  readonly without: readonly string[];
  readonly args: readonly string[];
  readonly dist?: string;
  readonly alsoMakes: readonly string[];
  readonly leavesOut: readonly string[];
  /** Higher is built first. */
  readonly priority: number;
  readonly asks: Readonly<Record<string, BuildAsk>>;
  /** Name of an ask → its answer. */
  readonly params: Readonly<Record<string, string>>;
  readonly builder: BuilderName;
  /** `host`, or channels; absent = the channels that the built update goes to first. */
  readonly root?: 'host' | readonly string[];
  /** Every one of them has to succeed; empty = the architectures of the channels. */
  readonly arches: readonly string[];
  readonly limits: BuildLimits;
  /** Of `replace`: the upstream that brings the site's own source package. */
  readonly from?: string;
  /** Of `replace`: exactly this source package, with the policy's patches. */
  readonly source?: SourcePackage;
}

/** A file of the policy repository that goes into a build. */
export interface BuildFile {
  /** Below `patches/`. */
  readonly path: string;
  /** Of its bytes, so that an edited patch is another build. */
  readonly sha256: Sha256;
}

/** How the site's build of a source package differs from a plain one; as the policy that won says. */
export interface BuildRecipe {
  /** In the order in which they are applied. */
  readonly patches: readonly BuildFile[];
  /** Macro → value, for `rpmbuild --define`. */
  readonly defines: Readonly<Record<string, string>>;
  readonly with: readonly string[];
  readonly without: readonly string[];
  /** Further arguments of rpmbuild, from a fixed list of allowed ones. */
  readonly args: readonly string[];
  /** Value of `%dist`; appended to Release where the spec does not use `%{?dist}`. */
  readonly dist?: string;
  /** What may come out beside the vendor's packages of this source: globs on names of packages and of what they provide. */
  readonly alsoMakes?: readonly string[];
  /** Globs on the vendor's packages of this source that need not come out. */
  readonly leavesOut?: readonly string[];
}

/**
 * Where the tools of a build come from: channels, whose served generations are immutable snapshots; or the machine
 * itself, read-only, which enforces no BuildRequires.
 */
export type BuildRoot =
  | { readonly kind: 'host' }
  | {
      readonly kind: 'channels';
      readonly channels: readonly { readonly name: string; readonly content: SnapshotId }[];
    };

/** Everything that determines a build. */
export interface BuildInputs {
  readonly source: SourcePackage;
  readonly arch: string;
  readonly builder: BuilderName;
  readonly root: BuildRoot;
  readonly recipe: BuildRecipe;
  /** `SOURCE_DATE_EPOCH`, seconds since 1970. */
  readonly sourceDateEpoch: number;
  /** Only the sources are unpacked and patched, to learn which patches of the recipe fit; absent = a whole build. */
  readonly stage?: 'prepare';
}

/**
 * How a patch of the recipe met the sources. `too-fuzzy`: only with more fuzz than the spec allows, so that a build would
 * fail; `present`: what it does is done already; `unseen`: the preparation did not come to it.
 */
export interface PatchTrial {
  readonly path: string;
  readonly fit: 'fits' | 'fuzzy' | 'too-fuzzy' | 'present' | 'fails' | 'unseen';
}

/** The name of a build: equal inputs are one build, on every machine and after every restart. */
export function buildKey(inputs: BuildInputs): Sha256 {
  return canonicalDigest(inputs);
}

/** How one attempt at a build ended; journaled, never changed. */
export type BuildRecord = {
  /** `buildKey` of the inputs. */
  readonly key: Sha256;
  readonly inputs: BuildInputs;
  /** Counts from 1. */
  readonly attempt: number;
  /** Seconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Digest of the log, which is kept as `<state>/builds/<key>/<attempt>/build.log`. */
  readonly log?: Sha256;
} & (
  | {
      readonly outcome: 'built';
      /** Unsigned; their bytes are in the store. Binary packages, and the source package that was really built. */
      readonly packages: readonly PackageEntry[];
      /** Digest of the provenance statement beside the log. */
      readonly provenance: Sha256;
    }
  /** How a trial of the stage `prepare` ended that came to its end. */
  | { readonly outcome: 'prepared'; readonly patches: readonly PatchTrial[] }
  | {
      readonly outcome: 'failed';
      readonly fault: FaultReport;
      /** Requirements that the buildroot's channels do not provide. */
      readonly missing?: readonly string[];
    }
);

/** One package that two attempts at the same build made differently. */
export interface BuiltDifference {
  /** Of both, or of the one that only one attempt made; the digest of what is not there is `none`. */
  readonly nevra: string;
  readonly first: Sha256 | 'none';
  readonly firstAttempt: number;
  readonly other: Sha256 | 'none';
  readonly attempt: number;
}

/** How attempts at one build that came to their end differ from the first one that did. */
export function builtDifferently(records: readonly BuildRecord[]): readonly BuiltDifference[] {
  const [first, ...others] = records.filter((r) => r.outcome === 'built');
  if (!first) return [];
  const before = byName(first.packages);
  return others.flatMap(({ packages, attempt }) => {
    const after = byName(packages);
    const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
    return names.flatMap((nevra): readonly BuiltDifference[] => {
      const was = before.get(nevra) ?? 'none';
      const is = after.get(nevra) ?? 'none';
      if (was === is) return [];
      return [{ nevra, first: was, firstAttempt: first.attempt, other: is, attempt }];
    });
  });
}

const byName = (packages: readonly PackageEntry[]): ReadonlyMap<string, Sha256> =>
  new Map(packages.map((p) => [nevraText(p), p.sha256]));

/** What is known of one build. */
export interface BuildState {
  readonly key: Sha256;
  readonly inputs: BuildInputs;
  /** Oldest first. */
  readonly records: readonly BuildRecord[];
  /** Seconds since 1970, while it is under way. */
  readonly runningSince?: number;
  /** An operator asked for another try after the last record. */
  readonly retry?: true;
}
