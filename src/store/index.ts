/**
 * What this installation holds: package bytes and snapshots named by their digest, metadata derived from them, the
 * journal and the generations. Everything is written once and never changed; it never decides what should be held.
 */
export { type ArrivedPackage, arrivedPackage, keepArrivedBlock } from './block-arrival.ts';
export {
  blockPackages,
  blockPaths,
  dependenciesIn,
  dependencyLines,
  type KnownPackages,
  keptPackages,
  packageDependencies,
} from './block-dependencies.ts';
export { type BlockGroup, groupBlocks } from './block-groups.ts';
export {
  type BlockMetadata,
  blocksMetadata,
  type Making,
  makeBlockMetadata,
} from './block-metadata.ts';
export {
  type MetadataType,
  metadataTypes,
  type NearBlocks,
  nearBlocks,
} from './block-texts.ts';
export { type Block, cutBlocks, cutByName } from './blocks.ts';
export { derivedJson, keepDerivedJson, keptJson } from './derived-json.ts';
export { keepDerivedLines, keptLines } from './derived-lines.ts';
export {
  generationName,
  lastRecord,
  recordsOf,
  type Switch,
} from './generations.ts';
export { keepGroupMembers } from './group-members.ts';
export {
  blockAt,
  type GroupNames,
  keptGroupNames,
  makeGroupNames,
  packageAt,
} from './group-names.ts';
export { heldSnapshots, type SnapshotReach } from './held-snapshots.ts';
export { type Journal, type JournalEntry, openJournal } from './journal.ts';
export { clockFault } from './journal-clock.ts';
export { leasedSnapshots, leaseSnapshot, removeEndedLeases } from './leases.ts';
export type { Snapshot } from './manifest.ts';
export { markFilter } from './marks.ts';
export { type Codec, pack } from './member.ts';
export {
  holdsPackage,
  keepPackage,
  keepPackages,
  missingPackages,
  packageHead,
  type StagedPackage,
  stagePackage,
  verifyPackageBytes,
} from './packages.ts';
export {
  blockDirectory,
  buildDirectory,
  generationDirectory,
  hexOf,
  manifestFile,
  manifestPath,
  objectPath,
  packageHref,
  packageLocation,
  packagePath,
  packagesDirectory,
  publicPath,
  type Store,
  stagingDirectory,
} from './paths.ts';
export {
  addressContent,
  addressPath,
  type PointedAt,
  pointAt,
  pointAtDirectory,
  pointedAt,
} from './pointer.ts';
export {
  linkPrivately,
  privatePlaces,
  reachedPackages,
  withoutPrivateName,
} from './private-packages.ts';
export { type Recovery, recover } from './recovery.ts';
export { servedNames } from './served-names.ts';
export { type SnapshotReader, snapshotReader } from './snapshot-reader.ts';
export {
  missingBytes,
  readSnapshot,
  restoreSnapshot,
  snapshotFiles,
  writeSnapshot,
} from './snapshots.ts';
export { type StoredDifference, storedDifference } from './stored-difference.ts';
