import { createHash } from 'node:crypto';
import { Fault, nevraText, type PackageEntry } from '../model/index.ts';
import type { Staged } from '../ports.ts';
import { packageHeadLength } from '../rpm/index.ts';
import {
  type PackageName,
  packageLocation,
  packagePath,
  packagesDirectory,
  type Store,
  stagingDirectory,
} from './paths.ts';
import { renewPrivateNames } from './private-packages.ts';

const firstReadBytes = 64 * 1024;

/** The bytes are here with the right size; `verifyPackageBytes` also reads them. */
export async function holdsPackage(store: Store, entry: PackageEntry): Promise<boolean> {
  const found = await store.disk.stat(packagePath(store.root, entry));
  return found?.kind === 'file' && found.sizeBytes === entry.sizeBytes;
}

/** Those whose bytes are not here with the right size. */
export async function missingPackages<T extends PackageName & { readonly sizeBytes: number }>(
  store: Store,
  packages: readonly T[],
): Promise<readonly T[]> {
  // Where there are a hundred thousand, putting each path in its normal form takes a while.
  const directory = packagesDirectory(store.root);
  const paths = packages.values().map((one) => `${directory}/${packageLocation(one)}`);
  const sizes = await store.disk.sizes(paths);
  return packages.filter((one, n) => sizes[n] !== one.sizeBytes);
}

/** A place for bytes that are still arriving; nothing sees them before `keepPackage`. */
export async function stagePackage(store: Store): Promise<Staged> {
  return await store.disk.stage(stagingDirectory(store.root));
}

/**
 * Gives staged bytes, whose digest the caller has checked, their final name. Bytes that are there already are hashed
 * again before they are trusted; damaged ones give way (`replaced`).
 */
export async function keepPackage(
  store: Store,
  staged: Staged,
  entry: PackageEntry,
): Promise<'kept' | 'already' | 'replaced'> {
  const path = packagePath(store.root, entry);
  if ((await store.disk.stat(path)) === undefined) return await staged.keep(path);
  if (await isIntact(store, entry)) {
    await staged.discard();
    return 'already';
  }
  const whole = `${staged.path}.whole`;
  await staged.keep(whole);
  await store.disk.rename(whole, path);
  await renewPrivateNames(store, entry);
  return 'replaced';
}

/** A package whose bytes were staged and left, and have the digest that the entry says. */
export interface StagedPackage {
  readonly path: string;
  readonly entry: PackageEntry;
}

/** The same for many, flushed together; they are on disk under their final names when the promise settles. */
export async function keepPackages(store: Store, staged: readonly StagedPackage[]): Promise<void> {
  const files = staged.map(({ path, entry }) => ({
    staged: path,
    path: packagePath(store.root, entry),
  }));
  const outcomes = await store.disk.keepAll(files).catch(async (error: unknown) => {
    for (const { path } of staged) await store.disk.remove(path).catch(() => undefined);
    throw error;
  });
  for (const [n, { path, entry }] of staged.entries()) {
    if (outcomes[n] === 'kept') continue;
    if (await isIntact(store, entry)) await store.disk.remove(path);
    else {
      await store.disk.rename(path, packagePath(store.root, entry));
      await renewPrivateNames(store, entry);
    }
  }
}

/** Reads the whole file; throws `SnapshotDamaged` when it is absent or not what its name says. */
export async function verifyPackageBytes(store: Store, entry: PackageEntry): Promise<void> {
  if (await isIntact(store, entry)) return;
  throw new Fault('SnapshotDamaged', {
    object: nevraText(entry),
    check: 'digest of the stored bytes',
    expected: `${entry.sizeBytes} bytes, sha256 ${entry.sha256}`,
    found: `other bytes or none at ${packagePath(store.root, entry)}`,
    fix: 'Move that file away and run `sluice reconcile --sync`: it is fetched again where its upstream still has it.',
  });
}

async function isIntact(store: Store, entry: PackageEntry): Promise<boolean> {
  if (!(await holdsPackage(store, entry))) return false;
  const hash = createHash('sha256');
  for await (const chunk of store.disk.chunks(packagePath(store.root, entry))) hash.update(chunk);
  return hash.digest('hex') === entry.sha256;
}

/** Lead, signature header and main header: all that metadata and closure are derived from. */
export async function packageHead(store: Store, entry: PackageEntry): Promise<Uint8Array> {
  const path = packagePath(store.root, entry);
  let head = await store.disk.readRange(path, 0, Math.min(firstReadBytes, entry.sizeBytes));
  // Two rounds: the length of the main header is known only once the signature header is there whole.
  for (let length = packageHeadLength(head); length === undefined || length > head.length; ) {
    const wanted = length ?? head.length * 4;
    const more = await store.disk.readRange(path, head.length, wanted - head.length);
    if (more.length === 0) throw truncated(entry);
    head = Buffer.concat([head, more]);
    length = packageHeadLength(head);
  }
  return head;
}

function truncated(entry: PackageEntry): Fault {
  return new Fault('SnapshotDamaged', {
    object: nevraText(entry),
    check: 'length of the package header',
    found: 'the file ends inside its header',
    fix: 'Run `sluice reconcile --sync`: the package is fetched again where its upstream still has it.',
  });
}
