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
import { canonicalDigest, canonicalJson } from '../model/index.ts';
import { cutByName, knowByName } from './blocks.ts';

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

/** One object of a snapshot; its text is made when somebody asks for it. */
export interface SnapshotObject {
  readonly digest: Sha256;
  readonly text: () => string;
}

/** What is in a snapshot, as its manifest and the objects that the manifest names. */
export function takeApart(snapshot: Snapshot): {
  readonly manifest: SnapshotManifest;
  readonly objects: readonly SnapshotObject[];
} {
  const objects: SnapshotObject[] = [];
  const each = (values: readonly object[]) =>
    values.map((value) => {
      const digest = objectDigest(value);
      objects.push({ digest, text: () => canonicalJson(value) });
      return digest;
    });
  const trees: Record<string, TreeManifest> = {};
  for (const [name, tree] of treesOf(snapshot)) {
    trees[name] = {
      blocks: each(cutByName(tree.packages).map((b) => b.packages)),
      advisories: each(tree.advisories.map((a) => a.advisory)),
      groups: each(tree.groups),
      modules: each(tree.modules),
    };
  }
  return { manifest: { v: 1, kind: snapshot.kind, id: snapshot.id, trees }, objects };
}

/** Blocks and advisories never change and are shared by many snapshots, so each is digested once. */
const digests = new WeakMap<object, Sha256>();

function objectDigest(value: object): Sha256 {
  const digest = digests.get(value) ?? canonicalDigest(value);
  digests.set(value, digest);
  return digest;
}

/** Objects that were read from where this program keeps them; `read` gives each by its digest. */
export function knowObjects({ trees }: SnapshotManifest, read: (digest: Sha256) => unknown): void {
  for (const { blocks } of Object.values(trees)) {
    const values = blocks.map((digest) => {
      // It was written by `takeApart` and has its digest.
      const value = read(digest) as ObjectContents['blocks'];
      digests.set(value, digest);
      return value;
    });
    knowByName(values);
  }
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
