import type { Desired, Sha256, SignedForm } from '../model/index.ts';
import type { Memory } from './memory.ts';

/** Source digest → the file as this key signed it, for everything that it ever signed here. */
export function signedForms(
  memory: Pick<Memory, 'signed'>,
  key: string,
): ReadonlyMap<Sha256, SignedForm> {
  const forms = new Map<Sha256, SignedForm>();
  for (const batch of memory.signed) {
    if (batch.key !== key) continue;
    for (const { source, sha256, sizeBytes } of batch.packages) {
      forms.set(source, { sha256, sizeBytes });
    }
  }
  return forms;
}

/** The same by key, for the keys that channels sign their packages with. */
export function signedByKey(
  memory: Pick<Memory, 'signed'>,
  desired: Desired,
): ReadonlyMap<string, ReadonlyMap<Sha256, SignedForm>> {
  const keys = new Set([...desired.channels.values()].map((c) => c.sign.packages));
  return new Map([...keys].map((key) => [key, signedForms(memory, key)]));
}
