import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type ClosureChecks, closureChecks } from '../src/controller/closure/closure-checks.ts';
import { realDisk } from '../src/edge/index.ts';
import {
  type ChannelSnapshot,
  type ClosureNeed,
  canonicalDigest,
  channelSnapshot,
  digestOf,
  type PackageEntry,
} from '../src/model/index.ts';
import { readPackageHead } from '../src/rpm/index.ts';
import { packagePath, type Store } from '../src/store/index.ts';
import { corpusPackage } from './corpus/package-file.ts';
import { isBroken } from './corpus/package-relations.ts';
import { treeOf, withUpdates } from './warm-entries.ts';
import { timed, type WarmRow } from './warm-timing.ts';

const changed = 10;

/** The closure check of a content of `count` packages: from nothing, from what is derived, and after a promotion. */
export async function closureRows(count: number, runs: number): Promise<readonly WarmRow[]> {
  const root = await mkdtemp(join(tmpdir(), 'sluice-closure-'));
  try {
    return await rowsIn({ disk: realDisk(), root }, count, runs);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function rowsIn(store: Store, count: number, runs: number): Promise<readonly WarmRow[]> {
  const packages: PackageEntry[] = [];
  for (let n = 0; n < count; n += 1) packages.push(await held(store, n, 1));
  let content = channelOf(packages);
  const warm = closureChecks();
  const check = checkIn(store, broken(count));
  const about = `of ${count} packages`;
  return [
    await timed(`closure check ${about}, no index, nothing derived`, 1, {
      prepare: () => content,
      act: async () => check(warm, content),
    }),
    await timed(`closure check ${about}, no index`, 1, {
      prepare: () => closureChecks(),
      act: async (cold) => check(cold, content),
    }),
    await timed(`closure check ${about}, ${changed} promoted`, runs, {
      prepare: async (run) => {
        const updates: PackageEntry[] = [];
        for (let n = 0; n < changed; n += 1) {
          updates.push(await held(store, Math.floor(((n + 0.5) * count) / changed), run + 2));
        }
        const before = content.trees.get('x86_64')?.packages ?? [];
        content = channelOf(withUpdates(before, updates), content);
      },
      act: async () => check(warm, content),
    }),
  ];
}

/** Writes one package of the corpus where a mirror would have put it. */
async function held(store: Store, index: number, revision: number): Promise<PackageEntry> {
  const { bytes } = corpusPackage(index, revision);
  const sha256 = digestOf(bytes);
  const detail = readPackageHead(bytes, { sha256, sizeBytes: bytes.length });
  const { name, epoch, version, release, arch, buildTime } = detail;
  const entry = { ...{ name, epoch, version, release, arch, buildTime }, sha256 };
  const whole = { ...entry, sizeBytes: bytes.length };
  const path = packagePath(store.root, whole);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return whole;
}

const channelOf = (packages: readonly PackageEntry[], near?: ChannelSnapshot) =>
  channelSnapshot(new Map([['x86_64', treeOf(packages)]]), near);

const broken = (count: number): number =>
  Array.from({ length: count }, (_, n) => n).filter(isBroken).length;

/** A fast check that found something else would be no measurement. */
function checkIn(store: Store, expected: number) {
  return async (indexes: ClosureChecks, content: ChannelSnapshot): Promise<void> => {
    const id = canonicalDigest({ content: content.id });
    const need: ClosureNeed = { kind: 'closure', id, content, with: [] };
    const findings = await indexes.findings(store, need);
    const missing = findings.filter((f) => f.requirement.startsWith('missing-'));
    if (missing.length !== expected) throw new Error(`${missing.length} of ${expected} found`);
  };
}
