export interface FileFacts {
  readonly kind: FileKind;
  readonly sizeBytes: number;
  /** Names that the file has: its bytes are freed with the last one. */
  readonly links: number;
}

export type FileKind = 'file' | 'directory' | 'symlink' | 'other';

/** A part of something longer: bytes, or a range of a file that is expected to be there (with this CRC-32). */
export type Piece = { readonly bytes: Uint8Array } | FileRange;

export interface FileRange {
  readonly path: string;
  /** Absent: the whole file, which then has this length. */
  readonly offset?: number;
  readonly sizeBytes: number;
  readonly crc32?: number;
}

export interface Digested {
  /** SHA-256 in hex; means something only when nothing is damaged. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Which of the pieces are absent or not what was expected. */
  readonly damaged: readonly number[];
}
