/**
 * The real ports: disk, http, git, forge, signing key, decompression, clock and listening sockets. Only
 * `src/cli/wire.ts` enters this room; nothing here decides anything about repositories.
 */
export { localBuilder, probeSandbox } from './build/local/index.ts';
export { mockBuilder } from './build/mock/index.ts';
export { type ObsSettings, obsBuilder } from './build/obs/index.ts';
export { decompressor } from './decompress.ts';
export { realDisk } from './disk.ts';
export { fileSystemFault } from './disk-fault.ts';
export { type FetchOptions, realFetch } from './fetch/index.ts';
export { type ChosenForge, chooseForge, type ForgeSettings } from './forge/choose-forge.ts';
export { adoptPolicyRepository, initPolicyRepository, policyGit } from './git/index.ts';
export { gpgSigner } from './gpg-signer.ts';
export { http } from './http.ts';
export { createFurtherKey, createSiteKey, extendKey, type MadeKey } from './key-files.ts';
export { type Listening, listen } from './listen.ts';
export { type Lock, lockState } from './lock.ts';
export { rpmPackageCheck } from './rpm-package-check.ts';
export { type Scheduled, schedule } from './schedule.ts';
export { realSigner } from './signer.ts';
export { socketSigner } from './socket-signer.ts';
export { realSpecs } from './specs.ts';
export { threads } from './threads.ts';
