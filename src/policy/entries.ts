import type {
  Access,
  Channel,
  CommitId,
  Desired,
  Freeze,
  HoldFile,
  Place,
  Policy,
  Promotion,
  Sha256,
  Site,
  Update,
  Upstream,
} from '../model/index.ts';
import type { Entry, Kind } from './kinds/kinds.ts';
import type { Path, PolicyDocument } from './yaml/read-document.ts';

/** What the files of one commit say, before anything is known of how they fit together. */
export interface Entries {
  readonly site: Site | undefined;
  readonly access: Access | undefined;
  readonly upstreams: readonly Upstream[];
  readonly policies: readonly Policy[];
  readonly channels: readonly Channel[];
  readonly updates: readonly Update[];
  readonly promotions: readonly Promotion[];
  readonly holds: readonly HoldFile[];
  readonly freezes: readonly Freeze[];
  /** Path → text of the files under `keys/`. */
  readonly keys: ReadonlyMap<string, string>;
  /** Path → digest of the files under `patches/`. */
  readonly patches: ReadonlyMap<string, Sha256>;
  /**
   * Kind → file names without `.yaml`, of files with errors too: a rule that looks for a name must not say that it is
   * missing when the file is only misspelt inside.
   */
  readonly declared: ReadonlyMap<Kind, ReadonlySet<string>>;
  placeOf(file: string, path: Path): Place;
}

/** Sorts what was read by kind. */
export function gather(read: {
  readonly entries: readonly Entry[];
  /** Path → its document, read again. */
  readonly documents: ReadonlyMap<string, () => PolicyDocument | undefined>;
  readonly keys: ReadonlyMap<string, string>;
  readonly patches: ReadonlyMap<string, Sha256>;
  readonly declared: ReadonlyMap<Kind, ReadonlySet<string>>;
}): Entries {
  const { entries } = read;
  const documents = new Map<string, PolicyDocument | undefined>();
  const documentOf = (file: string): PolicyDocument | undefined => {
    if (!documents.has(file)) documents.set(file, read.documents.get(file)?.());
    return documents.get(file);
  };
  return {
    site: entries.flatMap((e) => (e.kind === 'Site' ? [e.value] : []))[0],
    access: entries.flatMap((e) => (e.kind === 'Access' ? [e.value] : []))[0],
    upstreams: entries.flatMap((e) => (e.kind === 'Upstream' ? [e.value] : [])),
    policies: entries.flatMap((e) => (e.kind === 'Policy' ? [e.value] : [])),
    channels: entries.flatMap((e) => (e.kind === 'Channel' ? [e.value] : [])),
    updates: entries.flatMap((e) => (e.kind === 'Update' ? [e.value] : [])),
    promotions: entries.flatMap((e) => (e.kind === 'Promotion' ? [e.value] : [])),
    holds: entries.flatMap((e) => (e.kind === 'Hold' ? [e.value] : [])),
    freezes: entries.flatMap((e) => (e.kind === 'Freeze' ? [e.value] : [])),
    keys: read.keys,
    patches: read.patches,
    declared: read.declared,
    placeOf: (file, path) => documentOf(file)?.placeOf(path) ?? { file, line: 1, col: 1 },
  };
}

/** The policy of one commit; every rule has been asked before. */
export function desiredOf(
  entries: Entries & { readonly site: Site },
  commit: { readonly id: CommitId; readonly time: number },
): Desired {
  return {
    commit: commit.id,
    committedAt: commit.time,
    site: entries.site,
    ...(entries.access === undefined ? {} : { access: entries.access }),
    upstreams: new Map(entries.upstreams.map((u) => [u.name, u])),
    policies: entries.policies,
    channels: new Map(entries.channels.map((c) => [c.name, c])),
    updates: new Map(entries.updates.map((u) => [u.id, u])),
    promotions: entries.promotions,
    holds: entries.holds,
    freezes: entries.freezes,
    keys: entries.keys,
    ...(entries.patches.size === 0 ? {} : { patches: entries.patches }),
  };
}
