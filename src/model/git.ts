import type { CommitId } from './desired.ts';

export interface CommitInfo {
  readonly id: CommitId;
  readonly parents: readonly CommitId[];
  readonly author: string;
  readonly authorEmail: string;
  readonly committerEmail: string;
  /** Committer date, seconds since 1970. */
  readonly time: number;
  readonly subject: string;
}

/** A file in a commit's tree; only regular files are read. */
export interface TreeFile {
  readonly path: string;
  readonly mode: '100644' | '100755' | '120000' | '160000';
  readonly sizeBytes: number;
}

/** A file that a mirror holds, named by what is in it. */
export interface MirroredFile extends TreeFile {
  readonly oid: string;
}

/** New bytes of one path in a commit that the controller makes; undefined deletes it. */
export interface PathChange {
  readonly path: string;
  readonly text: string | undefined;
}

/** A path as a merge would leave it in the tree. */
export interface MergedFile {
  readonly path: string;
  /** undefined where the merge takes it away. */
  readonly file: TreeFile | undefined;
  /** Of a regular file of an ordinary size. */
  readonly text: string | undefined;
}

export type SshVerdict =
  | { readonly kind: 'good'; readonly key: string }
  /** Genuine, by a key that is not among them: its fingerprint. */
  | { readonly kind: 'unknown'; readonly found: string }
  | { readonly kind: 'broken'; readonly found: string };
