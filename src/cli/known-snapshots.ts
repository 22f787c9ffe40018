import type { SnapshotId } from '../model/index.ts';
import type { Opened } from './verb.ts';

export interface KnownSnapshot {
  readonly id: SnapshotId;
  readonly type: 'upstream' | 'channel';
  readonly of: string;
}

/** Every snapshot that an upstream had or a channel served, as the journal remembers them. */
export function knownSnapshots({ installation }: Opened): readonly KnownSnapshot[] {
  const memory = installation.memory();
  const upstreams = [...memory.upstreams].flatMap(([name, u]) =>
    (u.history ?? []).map((id) => ({ id, type: 'upstream' as const, of: name })),
  );
  const channels = [...memory.generations.values()].flat().map((r) => ({
    id: r.content,
    type: 'channel' as const,
    of: `${r.channel} generation ${r.number}`,
  }));
  return [...upstreams, ...channels];
}
