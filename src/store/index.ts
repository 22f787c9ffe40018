/**
 * What this installation holds: package bytes and snapshots named by their digest, metadata derived from them, the
 * journal and the generations. Everything is written once and never changed; it never decides what should be held.
 */
export * from './block-metadata.ts';
export * from './blocks.ts';
export * from './generations.ts';
export * from './journal.ts';
export * from './manifest.ts';
export * from './packages.ts';
export * from './paths.ts';
export * from './pointer.ts';
export * from './recovery.ts';
export * from './snapshots.ts';
