import { sign } from '../executor/index.ts';
import type {
  ChannelSnapshot,
  CommitId,
  GenerationRecord,
  Outcome,
  PackageEntry,
  Sha256,
  SignedForm,
} from '../model/index.ts';
import { signedForms } from '../observer/index.ts';
import type { Installation } from './installation.ts';

/** What is to be signed, by which key, for whom. */
export interface SigningTask {
  readonly channel: string;
  readonly signingKey: string;
  readonly commit: CommitId;
  readonly packages: readonly PackageEntry[];
}

/** Signs what is not signed yet, and journals it. */
export async function signPackages(c: Installation, task: SigningTask): Promise<Outcome> {
  const { signingKey: key, channel, commit } = task;
  return await sign(c.ports, c.store, {
    ...task,
    known: signedForms(c.memory(), key),
    kept: (packages) => c.note('signed', { key, channel, commit, packages }),
  });
}

/**
 * The forms in which a generation serves its packages; empty where it serves them as they came. What is lacking, as after
 * a lost state directory, is signed again: package and key give the same bytes as before.
 */
export async function formsOf(
  c: Installation,
  record: GenerationRecord,
  content: ChannelSnapshot,
): Promise<ReadonlyMap<Sha256, SignedForm>> {
  const { packageKey: signingKey, channel, commit } = record;
  if (signingKey === undefined) return new Map();
  const packages = [...content.trees.values()].flatMap((tree) => tree.packages);
  await signPackages(c, { channel, signingKey, commit, packages });
  return signedForms(c.memory(), signingKey);
}
