import type {
  Advisory,
  ChannelSnapshot,
  Group,
  HeldAdvisory,
  Module,
  PackageEntry,
  Sha256,
  SnapshotId,
  TreeContent,
  UpstreamSnapshot,
} from '../model/index.ts';
import { canonicalJson, digestOf } from '../model/index.ts';
import { cutBlocks } from './blocks.ts';

export type Snapshot = UpstreamSnapshot | ChannelSnapshot;

/** The list of a snapshot's objects: content-addressed JSON texts, each immutable. */
export interface SnapshotManifest {
  readonly v: 1;
  readonly kind: Snapshot['kind'];
  readonly id: SnapshotId;
  /** An upstream snapshot has one tree, named by the empty text. */
  readonly trees: Readonly<Record<string, TreeManifest>>;
}

export interface TreeManifest {
  readonly blocks: readonly Sha256[];
  readonly advisories: readonly Sha256[];
  readonly groups: readonly Sha256[];
  readonly modules: readonly Sha256[];
}

/** What one object holds, by the list of the manifest that names it. */
export interface ObjectContents {
  readonly blocks: readonly PackageEntry[];
  readonly advisories: Advisory;
  readonly groups: Group;
  readonly modules: Module;
}

export const objectLists = ['blocks', 'advisories', 'groups', 'modules'] as const;

/** Takes a snapshot apart; `put` gets every object's digest and text and says nothing back. */
export async function takeApart(
  snapshot: Snapshot,
  put: (digest: Sha256, text: string) => Promise<void>,
): Promise<SnapshotManifest> {
  const one = async (value: unknown) => {
    const text = canonicalJson(value);
    const digest = digestOf(text);
    await put(digest, text);
    return digest;
  };
  const each = async (values: readonly unknown[]) => {
    const digests: Sha256[] = [];
    for (const value of values) digests.push(await one(value));
    return digests;
  };
  const trees: Record<string, TreeManifest> = {};
  for (const [name, tree] of treesOf(snapshot)) {
    trees[name] = {
      blocks: await each(cutBlocks(tree.packages).map((b) => b.packages)),
      advisories: await each(tree.advisories.map((a) => a.advisory)),
      groups: await each(tree.groups),
      modules: await each(tree.modules),
    };
  }
  return { v: 1, kind: snapshot.kind, id: snapshot.id, trees };
}

export function treesOf(snapshot: Snapshot): ReadonlyMap<string, TreeContent> {
  return snapshot.kind === 'channel' ? snapshot.trees : new Map([['', snapshot]]);
}

/** Every object that a manifest names, once. */
export function objectsOf(manifest: SnapshotManifest): readonly Sha256[] {
  const all = Object.values(manifest.trees).flatMap((t) => objectLists.flatMap((l) => t[l]));
  return [...new Set(all)];
}

/** The advisory's own digest is its object's digest: both are over its canonical JSON. */
export function heldAdvisory(sha256: Sha256, advisory: Advisory): HeldAdvisory {
  return { sha256, advisory };
}
