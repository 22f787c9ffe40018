/**
 * Does what a plan says, one file per kind of step: mirror, commit, sign, assemble, point, propose, close. Every step is
 * idempotent; nothing here decides whether it should be done.
 */
export { type AssembleOptions, assemble, type StoredContent } from './assemble.ts';
export { type Allowance, allowanceFor } from './build/allowance.ts';
export { type BuildJob, runBuild, settleBuild } from './build/build-package.ts';
export { close } from './close.ts';
export { commit } from './commit.ts';
export { editTexts } from './edit-texts.ts';
export type { Mirrored, MirrorJob } from './mirror/job.ts';
export { mirrorUpstream } from './mirror/mirror-upstream.ts';
export { type PointOptions, point } from './point.ts';
export { propose } from './propose.ts';
export { beginReadingBack, type IsWhole } from './repository/read-back.ts';
export { repoFileText } from './repository/repo-file.ts';
export { contentAtHand, type RepositoryContent } from './repository/repository-content.ts';
export {
  damagedFiles,
  readRepositoryManifest,
  strayFiles,
} from './repository/repository-manifest.ts';
export { repositorySigning } from './repository/repository-signing.ts';
export { type ServedContent, signedContent } from './repository/signed-content.ts';
export { type RepositorySigning, writeRepository } from './repository/write-repository.ts';
export { type KeptForm, type SignJob, sign } from './sign.ts';
