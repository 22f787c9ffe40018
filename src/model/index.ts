/**
 * The words of Sluice as types: package, snapshot, desired, actual, plan, step, hold, fault. Nothing here touches the
 * world, reads a clock or knows a file format; every other room speaks in these terms.
 */
export * from './access.ts';
export * from './actual.ts';
export * from './build.ts';
export type * from './build-order.ts';
export * from './by-age.ts';
export * from './codes.ts';
export * from './counted.ts';
export * from './desired.ts';
export * from './digest.ts';
export { placeOfDigest } from './digest-places.ts';
export type { DigestSet } from './digest-set.ts';
export * from './event.ts';
export * from './fault.ts';
export * from './files.ts';
export * from './generation.ts';
export * from './git.ts';
export * from './glob.ts';
export { digestsOf, knownDifferences } from './listed-digests.ts';
export * from './package.ts';
export * from './package-state.ts';
export * from './plan.ts';
export * from './proposal.ts';
export * from './repository.ts';
export * from './said.ts';
export * from './signing.ts';
export * from './snapshot.ts';
export * from './source-origin.ts';
