import { join } from 'node:path';
import { fileNameOf, type PackageEntry, type SnapshotId } from '../model/index.ts';
import type { Disk } from '../ports.ts';

/** A state directory: where it is, and the disk it is on. */
export interface Store {
  readonly disk: Disk;
  /** Absolute. */
  readonly root: string;
}

export type PackageName = Pick<PackageEntry, 'sha256' | 'name' | 'version' | 'release' | 'arch'>;

/** Path of a package below its digest folder, as it stands in `<location href>` after `Packages/`. */
export function packageLocation(entry: PackageName): string {
  const file = fileNameOf({ ...entry, epoch: 0 });
  return `${entry.sha256.slice(0, 2)}/${entry.sha256}/${file}`;
}

/** `<location href>`: a published tree reaches the packages through its symlink `Packages`. */
export function packageHref(entry: PackageName): string {
  return `Packages/${packageLocation(entry)}`;
}

export function packagesDirectory(root: string): string {
  return join(root, 'packages', 'sha256');
}

/** Where the packages of a private channel have second names, hard links in the same folders, and nothing else has one. */
export function privateDirectory(root: string): string {
  return join(root, 'private');
}

/** Where the bytes of a package are; named by digest, so the path never means anything else. */
export function packagePath(root: string, entry: PackageName): string {
  return join(packagesDirectory(root), packageLocation(entry));
}

/** Everything unfinished lives here and is deleted at recovery. */
export function stagingDirectory(root: string): string {
  return join(root, 'staging');
}

export function hexOf(id: SnapshotId): string {
  return id.slice('sha256:'.length);
}

/** Path of a manifest in the generation log; below `snapshots/` of the state directory without the first folder. */
export function manifestFile(id: SnapshotId): string {
  return `snapshots/${hexOf(id)}.json`;
}

export function objectFile(digest: string): string {
  return `objects/${digest.slice(0, 2)}/${digest}.json`;
}

export function manifestPath(root: string, id: SnapshotId): string {
  return join(root, manifestFile(id));
}

export function objectPath(root: string, digest: string): string {
  return join(root, 'snapshots', objectFile(digest));
}

export function blockDirectory(root: string, key: string): string {
  return join(root, 'derived', 'blocks', key.slice(0, 2), key);
}

export function generationDirectory(root: string, channel: string, number: number): string {
  return join(root, 'generations', channel, String(number));
}

/** The name clients see: a symlink to a generation. */
export function publicPath(root: string, path: string): string {
  return join(root, 'public', path);
}

/** What is kept of one attempt at a build: its log and its provenance. */
export function buildDirectory(root: string, key: string, attempt: number): string {
  return join(root, 'builds', key, String(attempt));
}
