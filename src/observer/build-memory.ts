import type { BuildInputs, BuildRecord, BuildState, Sha256 } from '../model/index.ts';

/** What the journal says of one build, also of one that has not ended. */
export interface BuildMemory extends BuildState {
  /** The newest attempt that was begun. */
  readonly attempt: number;
}

export type Builds = ReadonlyMap<Sha256, BuildMemory>;

export interface BuildBegun {
  readonly key: Sha256;
  readonly inputs: BuildInputs;
  readonly attempt: number;
  /** What asked for it: `update:<id>` or `policy:<name>`. */
  readonly subject: string;
}

export function withBegun(builds: Builds, begun: BuildBegun, time: number): Builds {
  const { key, inputs, attempt } = begun;
  const records = builds.get(key)?.records ?? [];
  return new Map(builds).set(key, { key, inputs, attempt, records, runningSince: time });
}

export function withEnded(builds: Builds, record: BuildRecord): Builds {
  const { key, inputs, attempt } = record;
  const records = [...(builds.get(key)?.records ?? []), record];
  return new Map(builds).set(key, { key, inputs, attempt, records });
}

export function withRetry(builds: Builds, key: Sha256): Builds {
  const known = builds.get(key);
  return known === undefined ? builds : new Map(builds).set(key, { ...known, retry: true });
}
