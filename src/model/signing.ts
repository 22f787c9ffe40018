import type { CommitId } from './desired.ts';
import type { GenerationRecord } from './generation.ts';
import type { PackageEntry } from './package.ts';

/** What a signature is for. A signer in a process of its own finds out by itself whether that is right. */
export type SigningPurpose =
  /** Over the main header of a package that a channel is to serve by this commit. */
  | {
      readonly kind: 'package';
      readonly channel: string;
      readonly commit: CommitId;
      readonly entry: PackageEntry;
    }
  /** Over a tree's repomd.xml; `directory` is the folder of the tree. */
  | { readonly kind: 'repomd'; readonly record: GenerationRecord; readonly directory: string }
  /** Over a record in the generation log. */
  | { readonly kind: 'record'; readonly record: GenerationRecord }
  /** Over the metadata of what a proposal would make of its channel. */
  | { readonly kind: 'trial' }
  /** Over a commit of the controller. */
  | { readonly kind: 'commit' };

export interface SigningOrder {
  /** Full fingerprint of the key. */
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Seconds since 1970; the signature is dated max(this, key creation), so that equal orders give equal bytes. */
  readonly dateSeconds: number;
  readonly purpose: SigningPurpose;
}

/** What another implementation than ours says of a package's signature and digests. */
export interface PackageCheckVerdict {
  readonly accepted: boolean;
  /** Its own words. */
  readonly said: string;
}
