import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Channel,
  type ChannelSnapshot,
  channelSnapshot,
  digestOf,
  emptyTree,
  type GenerationRecord,
  type PackageEntry,
  type TreeContent,
} from '../../src/model/index.ts';
import { readPackageHead } from '../../src/rpm/index.ts';
import { packagePath, type Store } from '../../src/store/index.ts';
import { buildPackages, type PackageRecipe } from './upstream.ts';

/** A package as a store holds it. */
export interface HeldPackage {
  readonly entry: PackageEntry;
  readonly bytes: Uint8Array;
}

/** Real packages, built by rpmbuild. */
export function heldPackages(recipes: readonly PackageRecipe[]): readonly HeldPackage[] {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-held-'));
  try {
    return buildPackages(directory, recipes).map((path) => heldPackage(readFileSync(path)));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export function heldPackage(bytes: Uint8Array): HeldPackage {
  const sha256 = digestOf(bytes);
  const detail = readPackageHead(bytes, { sha256, sizeBytes: bytes.length });
  const { name, epoch, version, release, arch, buildTime, sourceRpm } = detail;
  const label = { name, epoch, version, release, arch };
  const entry = { ...label, sha256, sizeBytes: bytes.length, buildTime };
  return { bytes, entry: sourceRpm === undefined ? entry : { ...entry, sourceRpm } };
}

/** Puts bytes where a mirror would have put them. */
export async function hold(store: Store, packages: readonly HeldPackage[]): Promise<void> {
  for (const { entry, bytes } of packages) {
    await store.disk.replace(packagePath(store.root, entry), bytes);
  }
}

export function contentOf(
  packages: readonly HeldPackage[],
  more: Partial<TreeContent> = {},
): ChannelSnapshot {
  const tree = { ...emptyTree, ...more, packages: packages.map((p) => p.entry) };
  return channelSnapshot(new Map([['x86_64', tree]]));
}

/** A generation of the channel `testing` that serves this content. */
export function recordOf(
  content: ChannelSnapshot,
  number: number,
  more: Partial<GenerationRecord> = {},
): GenerationRecord {
  const commit = '1'.repeat(40) as GenerationRecord['commit'];
  return {
    v: 1,
    channel: 'testing',
    number,
    commit,
    acceptedHead: commit,
    revision: 1_770_000_000 + number,
    time: 1_770_000_000 + number,
    content: content.id,
    compression: 'gz',
    entered: {},
    held: [],
    base: {},
    floors: {},
    keys: [testFingerprint],
    ...more,
  };
}

/** What the fake signer answers to. */
export const testFingerprint = 'F'.repeat(40);

export const testingChannel: Channel = {
  name: 'testing',
  path: 'el9/testing',
  trees: ['x86_64'],
  base: [],
  keep: 2,
  gates: {
    soakSeconds: 0,
    closure: { mode: 'off', with: [] },
    removals: { allow: [] },
  },
  sign: { packages: 'keep' },
  compression: 'gz',
  at: { file: 'channels/testing.yaml', line: 1, col: 1 },
};
