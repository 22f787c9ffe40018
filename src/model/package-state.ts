/** What the machine says of one state. */
interface StateEntry {
  readonly means: string;
  /** Who or what moves it on; absent where nothing is awaited. Shown with `?`. */
  readonly awaits?: string;
  /** The event that people are told of when it is reached. Shown with `!`. */
  readonly reports?: string;
  readonly next: readonly string[];
}

/**
 * The states of a package, as a machine: derived from facts each time, never stored. The first nine are those of the
 * update workflow that Sluice comes from, the others its own. docs/states.md is generated from this list.
 */
export const packageStates = {
  ready: {
    means: 'It is mirrored and not checked yet: only while its upstream is being mirrored.',
    next: ['waiting', 'test-failed'],
  },
  waiting: {
    means: 'It passed every check and waits to be built, or to be taken as it is.',
    awaits: 'the answer to start, build or the channel',
    next: ['building', 'unsigned', 'untested', 'held', 'paused', 'rejected', 'superseded'],
  },
  'test-failed': {
    means: 'A digest, signature or tag is not what it must be; it is in no snapshot.',
    awaits: 'other bytes, a key or an exception',
    reports: 'verify.failed',
    next: ['ready'],
  },
  building: {
    means: 'Its source package is being built, or has its turn in the queue.',
    next: ['unsigned', 'build-failed', 'paused', 'superseded'],
  },
  'build-failed': {
    means: 'The build ended without packages.',
    awaits: 'other inputs, or a retry',
    reports: 'build.failed',
    next: ['building', 'superseded'],
  },
  unsigned: {
    means: 'It is built and not signed, so no channel of machines serves it.',
    awaits: 'a signature: the answer to sign, then the channel',
    reports: 'build.succeeded',
    next: ['untested', 'held', 'rejected', 'superseded'],
  },
  untested: {
    means: 'The first channel serves it; nobody said that it is good.',
    awaits: 'a tester, or the soak time',
    next: ['tested', 'good', 'rejected', 'withdrawn', 'superseded'],
  },
  tested: {
    means: 'It is marked as tested, or promoted on and waits for gates.',
    awaits: 'a release manager, or the gates',
    reports: 'security.waiting',
    next: ['good', 'rejected', 'withdrawn', 'superseded'],
  },
  good: {
    means: 'The last channel serves it.',
    reports: 'promoted',
    next: ['withdrawn', 'superseded'],
  },
  held: {
    means: 'A policy, a gate or a hold file keeps it out for now.',
    awaits: 'what the hold names',
    next: ['waiting', 'building', 'unsigned', 'untested', 'superseded'],
  },
  paused: {
    means: 'Its build lacks something, or an operator suspended it.',
    awaits: 'what it lacks',
    reports: 'build.paused',
    next: ['building', 'waiting', 'superseded'],
  },
  rejected: {
    means: 'A person closed its proposal.',
    next: ['waiting', 'untested', 'good', 'superseded'],
  },
  withdrawn: {
    means: 'A channel served it, and a decision took it back.',
    next: ['untested', 'good', 'superseded'],
  },
  superseded: {
    means: 'A newer version has taken its place.',
    next: [],
  },
} as const satisfies Readonly<Record<string, StateEntry>>;

export type PackageStateName = keyof typeof packageStates;

export const stateEntry = (name: PackageStateName): StateEntry => packageStates[name];

/** What people may type as well: the words of the workflow's first description. */
const aliases: Readonly<Record<string, PackageStateName>> = {
  'test failed': 'test-failed',
  'being build': 'building',
  'being built': 'building',
  'build failed': 'build-failed',
  'unsigned/pending': 'unsigned',
  'signed/untested': 'untested',
};

/** The state that a text names; undefined when there is none of that name. */
export function stateNamed(text: string): PackageStateName | undefined {
  const plain = text.trim().toLowerCase();
  if (Object.hasOwn(packageStates, plain)) return plain as PackageStateName;
  return Object.hasOwn(aliases, plain) ? aliases[plain] : undefined;
}

/** Where one package is on its way, and what moves it on. */
export interface PackageStatus {
  readonly nevra: string;
  readonly state: PackageStateName;
  readonly upstream: string;
  readonly tree: string;
  /** The update that it belongs to; absent for what a base pin brings. */
  readonly update?: string;
  /** The channel that is furthest on the way and serves it. */
  readonly channel?: string;
  readonly awaits?: string;
  readonly reports?: string;
}
