import { Fault, type GenerationRecord, type SigningPurpose } from '../../model/index.ts';
import type { Ports } from '../../ports.ts';
import { readKeyring, verifyDetached } from '../../rpm/index.ts';
import type { RepositorySigning } from './write-repository.ts';

/** What a repository is signed for: a generation, or the trial of a proposal. */
export type SigningOccasion =
  | { readonly kind: 'generation'; readonly record: GenerationRecord }
  | {
      readonly kind: 'trial';
      readonly channel: string;
      readonly key: string;
      readonly revision: number;
    };

/** Signs repomd.xml with the first key, dated the revision, and checks every signature it makes. */
export async function repositorySigning(
  { signer, clock }: Pick<Ports, 'signer' | 'clock'>,
  occasion: SigningOccasion,
): Promise<RepositorySigning> {
  const { channel, revision } = occasion.kind === 'trial' ? occasion : occasion.record;
  const [fingerprint] = occasion.kind === 'trial' ? [occasion.key] : occasion.record.keys;
  if (fingerprint === undefined || !(await signer.keys()).includes(fingerprint)) {
    throw new Fault('KeyMissing', {
      object: `channel ${channel}`,
      check: 'key that signs the metadata',
      expected: fingerprint ?? 'a signing key',
      found: 'no such key in this installation',
      fix: 'Restore <state>/keys from the backup, or name in the channel a key that is there.',
    });
  }
  const publicKey = await signer.publicKey(fingerprint);
  const keyring = await readKeyring([{ path: 'repomd.xml.key', text: publicKey }]);
  return {
    publicKey,
    sign: async (bytes, directory) => {
      const purpose = purposeOf(occasion, directory);
      const armored = await signer.sign({
        key: fingerprint,
        bytes,
        dateSeconds: revision,
        purpose,
      });
      // A signature is never dated before its key was made, so the revision alone may be too early to judge it.
      const now = Math.max(clock.now(), revision);
      await verifyDetached({ armored, bytes }, keyring, { now, exceptions: [] });
      return armored;
    },
  };
}

function purposeOf(occasion: SigningOccasion, directory: string): SigningPurpose {
  if (occasion.kind === 'trial') return { kind: 'trial' };
  return { kind: 'repomd', record: occasion.record, directory };
}
