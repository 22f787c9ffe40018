import { basename, join } from 'node:path';
import type { PackageEntry, Sha256 } from '../model/index.ts';
import {
  packageLocation,
  packagePath,
  packagesDirectory,
  privateDirectory,
  type Store,
} from './paths.ts';

/** What the symlink `Packages` of a tree leads to: the pool of all channels, or what a private channel has of it. */
export function reachedPackages(
  root: string,
  channel: { readonly name: string; readonly private?: true | undefined },
): string {
  return channel.private ? join(privateDirectory(root), channel.name) : packagesDirectory(root);
}

/**
 * Gives packages, which are held, their names in the folder of a private channel. What has its name there costs a look.
 * Names of what the channel no longer serves stay: clients may be under way to them.
 */
export async function linkPrivately(
  store: Store,
  channel: string,
  packages: readonly PackageEntry[],
): Promise<void> {
  const unnamed = await withoutPrivateName(store, channel, packages);
  await store.disk.linkAll(
    unnamed.map((one) => ({
      existing: packagePath(store.root, one),
      path: privatePath(store.root, channel, one),
    })),
  );
}

/** Those that clients of a private channel do not find. */
export async function withoutPrivateName(
  store: Store,
  channel: string,
  packages: readonly PackageEntry[],
): Promise<readonly PackageEntry[]> {
  const paths = packages.map((one) => privatePath(store.root, channel, one));
  const sizes = await store.disk.sizes(paths);
  return packages.filter((_, n) => sizes[n] === undefined);
}

const privatePath = (root: string, channel: string, entry: PackageEntry): string =>
  `${reachedPackages(root, { name: channel, private: true })}/${packageLocation(entry)}`;

/** After other bytes took the place of damaged ones: a hard link still leads to those. */
export async function renewPrivateNames(store: Store, entry: PackageEntry): Promise<void> {
  for (const place of await privatePlaces(store, entry.sha256)) {
    if ((await store.disk.stat(place)) === undefined) continue;
    await store.disk.remove(place);
    const path = join(place, basename(packageLocation(entry)));
    await store.disk.link(packagePath(store.root, entry), path);
  }
}

/** Folders in which a package has names besides the pool; they go before it does. */
export async function privatePlaces(
  { disk, root }: Store,
  digest: Sha256,
): Promise<readonly string[]> {
  const channels = await disk.list(privateDirectory(root));
  return channels.map((name) => join(privateDirectory(root), name, digest.slice(0, 2), digest));
}
