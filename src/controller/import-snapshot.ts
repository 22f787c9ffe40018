import { join } from 'node:path';
import { Fault, type PackageEntry, type SnapshotId } from '../model/index.ts';
import { missingBytes, packagesDirectory, publicPath, restoreSnapshot } from '../store/index.ts';
import { bringPackages } from './bring-packages.ts';
import type { Installation } from './installation.ts';

/** Manifests, objects and package bytes under fixed names below `/snapshots/`, for other installations to import. */
const shared = { manifests: 'snapshots/store', packages: 'snapshots/packages' } as const;

/** Offers what is held by digest to other installations: two symlinks that are made once. */
export async function shareStore(c: Installation): Promise<void> {
  const { disk, root } = c.store;
  const links = [
    [shared.manifests, join(root, 'snapshots')],
    [shared.packages, packagesDirectory(root)],
  ] as const;
  for (const [path, target] of links) {
    const at = publicPath(root, path);
    if ((await disk.stat(at)) !== undefined) continue;
    await disk.makeDirectory(join(at, '..'));
    await disk.symlink(target.replace(root, '../..'), at);
  }
}

/** What an import brought. */
export interface Imported {
  readonly id: SnapshotId;
  readonly packages: number;
}

/**
 * Fetches a snapshot by its digest from another installation: `<site>/snapshots/<64 hex>`. The digest decides whether
 * what came is right; who offers it does not matter.
 */
export async function importSnapshot(c: Installation, url: string): Promise<Imported> {
  const named = /^(.*)\/snapshots\/(?:sha256:)?([0-9a-f]{64})\/?$/.exec(url);
  if (!named?.[2]) {
    throw new Fault('Usage', {
      object: url,
      check: 'address of a snapshot',
      expected: '<site>/snapshots/<64 hexadecimal digits>',
      fix: 'Take the digest from the pin, and the site from the other installation.',
    });
  }
  const [, site, hex] = named;
  const id = `sha256:${hex}` as SnapshotId;
  const readText = (path: string) =>
    fetchText(c, `${site}/${shared.manifests}/${path.replace(/^snapshots\//, '')}`);
  const snapshot = await restoreSnapshot(c.store, readText, id);
  const missing: PackageEntry[] = [];
  for await (const entry of missingBytes(c.store, snapshot)) missing.push(entry);
  await bringPackages(c, missing, `${site}/${shared.packages}/`);
  await c.tell('imported', { snapshot: id, from: url, packages: missing.length });
  return { id, packages: missing.length };
}

const largestObjectBytes = 64 * 1024 * 1024;

async function fetchText(c: Installation, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of c.ports.fetch.open(url, { maxBytes: largestObjectBytes })) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
