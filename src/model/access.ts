import type { Place } from './fault.ts';

/** Everything that somebody can decide, as access rules name it. */
export const verbs = [
  'promote',
  'mark-tested',
  'rollback',
  'withdraw',
  'reject',
  'hold',
  'lift-hold',
  'pin',
  'start',
  'build',
  'build-package',
  'sign',
  'special-case',
  'expedite',
  'waive',
  'freeze',
  'lift-freeze',
  'change-update',
  'change-policy',
  'change-channel',
  'change-upstream',
  'change-site',
  'change-access',
  'change-trust',
] as const;
export type Verb = (typeof verbs)[number];

export interface Person {
  readonly name: string;
  /** Forge → login. */
  readonly logins: Readonly<Record<string, string>>;
  /** Full fingerprints of primary keys, each with the file that holds the key. */
  readonly openpgp: readonly { readonly fingerprint: string; readonly key: string }[];
  /** `type base64`; `until` is the last day on which the key counts (UTC). */
  readonly ssh: readonly { readonly key: string; readonly until?: string }[];
  readonly at: Place;
}

/** Who may decide what: the first rule whose verb and object match is the one that counts. */
export interface AccessRule {
  readonly may: readonly Verb[];
  /** Globs on objects. */
  readonly on: readonly string[];
  /** So many different people are needed. */
  readonly count: number;
  /** People and teams. */
  readonly from: readonly string[];
  readonly at: Place;
}

export interface Access {
  readonly people: ReadonlyMap<string, Person>;
  readonly teams: ReadonlyMap<string, readonly string[]>;
  readonly rules: readonly AccessRule[];
  readonly at: Place;
}

/** One thing that a change decides. */
export interface Decision {
  readonly verb: Verb;
  /** `promotion/production/RHSA-2026-1234`, `channel/production`, `access`. */
  readonly object: string;
  /** Further objects that rules may name it by, such as `severity/Critical`. */
  readonly also: readonly string[];
  /** Names of the packages that it is about; each of them must be allowed. */
  readonly packages: readonly string[];
  readonly path: string;
}
