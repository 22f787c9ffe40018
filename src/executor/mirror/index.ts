/**
 * Brings what an upstream offers into a verified, immutable snapshot. Nothing that is unsigned, damaged, older than
 * before or not what its metadata says gets in; it never decides what is published from it.
 */
export type { Mirrored, MirrorJob, MirrorPorts } from './job.ts';
export { mirrorUpstream } from './mirror-upstream.ts';
