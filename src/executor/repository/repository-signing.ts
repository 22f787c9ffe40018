import { Fault, type GenerationRecord, type SigningPurpose } from '../../model/index.ts';
import type { Ports } from '../../ports.ts';
import { joinSignatures, readKeyring, verifyDetached } from '../../rpm/index.ts';
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

/**
 * Signs repomd.xml with every key of the occasion, dated the revision, in one block; checks every signature it makes.
 * Machines that know one of the keys accept it.
 */
export async function repositorySigning(
  { signer, clock }: Pick<Ports, 'signer' | 'clock'>,
  occasion: SigningOccasion,
): Promise<RepositorySigning> {
  const { channel, revision } = occasion.kind === 'trial' ? occasion : occasion.record;
  const wanted = occasion.kind === 'trial' ? [occasion.key] : occasion.record.keys;
  const known = await signer.keys();
  const keys = wanted.filter((key) => known.includes(key));
  // The first has to sign; those before it only sign along as long as they are here.
  if (keys[0] === undefined || keys[0] !== wanted[0]) throw keyMissing(channel, wanted[0]);
  const publicKeys: string[] = [];
  for (const key of keys) publicKeys.push(await signer.publicKey(key));
  return {
    publicKey: publicKeys.join(''),
    sign: async (bytes, directory) => {
      const purpose = purposeOf(occasion, directory);
      const made: string[] = [];
      for (const [i, key] of keys.entries()) {
        const armored = await signer.sign({ key, bytes, dateSeconds: revision, purpose });
        const keyring = await readKeyring([{ path: 'repomd.xml.key', text: publicKeys[i] ?? '' }]);
        // A signature is never dated before its key was made, so the revision alone may be too early to judge it.
        const now = Math.max(clock.now(), revision);
        await verifyDetached({ armored, bytes }, keyring, { now, exceptions: [] });
        made.push(armored);
      }
      return joinSignatures(made);
    },
  };
}

function keyMissing(channel: string, key: string | undefined): Fault {
  return new Fault('KeyMissing', {
    object: `channel ${channel}`,
    check: 'key that signs the metadata',
    expected: key ?? 'a signing key',
    found: 'no such key in this installation',
    fix: 'Restore <state>/keys from the backup, or name in the channel a key that is there.',
  });
}

function purposeOf(occasion: SigningOccasion, directory: string): SigningPurpose {
  if (occasion.kind === 'trial') return { kind: 'trial' };
  return { kind: 'repomd', record: occasion.record, directory };
}
