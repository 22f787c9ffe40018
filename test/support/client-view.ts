import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOf } from '../../src/model/index.ts';
import type { Disk } from '../../src/ports.ts';
import { readRepomd } from '../../src/rpm/index.ts';

/** What a client that trusts only digests gets from a published gz repository. */
export interface ClientView {
  readonly revision: string;
  /** Digests of the packages, in the order of primary. */
  readonly packages: readonly string[];
}

/**
 * Goes the way of a client: repomd.xml, every file it names, every package that primary names. Throws when anything
 * is absent or has another digest than promised. undefined: nothing is published under this name.
 */
export async function clientView(
  disk: Disk,
  tree: string,
  /** Between repomd.xml and what it names, and before the packages: a slow client. */
  pause: () => Promise<unknown> = async () => undefined,
): Promise<ClientView | undefined> {
  const repomdBytes = await disk.read(join(tree, 'repodata/repomd.xml'));
  if (repomdBytes === undefined) return undefined;
  const repomd = readRepomd(repomdBytes);
  await pause();
  let primary = '';
  for (const record of repomd.records) {
    const bytes = await promised(disk, join(tree, record.href), record.checksum.hex);
    if (record.type === 'primary') primary = gunzipSync(bytes).toString();
  }
  await pause();
  const packages: string[] = [];
  for (const element of primary.split('<package ').slice(1)) {
    const digest = /pkgid="YES">([0-9a-f]{64})</.exec(element)?.[1] ?? '';
    const href = /<location href="([^"]*)"/.exec(element)?.[1] ?? '';
    await promised(disk, join(tree, href), digest);
    packages.push(digest);
  }
  return { revision: repomd.revision, packages };
}

async function promised(disk: Disk, path: string, digest: string): Promise<Uint8Array> {
  const bytes = await disk.read(path);
  if (bytes === undefined) throw new Error(`a client finds nothing at ${path}`);
  if (digestOf(bytes) !== digest) throw new Error(`a client finds other bytes at ${path}`);
  return bytes;
}
