import type { CommitId } from './desired.ts';
import type { Sha256 } from './package.ts';

/** Which commit of a git repository a source package was packed from; journaled with the snapshot. */
export interface SourceOrigin {
  /** Of the source package. */
  readonly sha256: Sha256;
  readonly url: string;
  /** `refs/heads/…` or `refs/tags/…`. */
  readonly ref: string;
  /** Of the spec, below the repository; empty = at its top. */
  readonly directory: string;
  /** The newest commit that changed one of the packed files; the package has its date. */
  readonly commit: CommitId;
  /** Full fingerprint of the key over the commit that was fetched, `SHA256:…` of an SSH key; absent where none is required. */
  readonly signedBy?: string;
  /** Digest of everything that was packed from: equal inputs are not packed again. */
  readonly inputs: Sha256;
}

/** `https://git.example.org/specs.git (greeting) at commit …`, for people. */
export function originText({ url, directory, commit }: SourceOrigin): string {
  return `${url}${directory === '' ? '' : ` (${directory})`} at commit ${commit}`;
}
