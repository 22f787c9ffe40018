import { Fault, type GenerationRecord } from '../../model/index.ts';
import type { Ports } from '../../ports.ts';
import { readKeyring, verifyDetached } from '../../rpm/index.ts';
import type { RepositorySigning } from './write-repository.ts';

/** Signs repomd.xml with the record's first key, dated the record's revision, and checks every signature it makes. */
export async function repositorySigning(
  { signer, clock }: Pick<Ports, 'signer' | 'clock'>,
  record: Pick<GenerationRecord, 'keys' | 'revision' | 'channel'>,
): Promise<RepositorySigning> {
  const [fingerprint] = record.keys;
  if (fingerprint === undefined || !(await signer.keys()).includes(fingerprint)) {
    throw new Fault('KeyMissing', {
      object: `channel ${record.channel}`,
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
    sign: async (bytes) => {
      const armored = await signer.sign(fingerprint, bytes, record.revision);
      // A signature is never dated before its key was made, so the revision alone may be too early to judge it.
      const now = Math.max(clock.now(), record.revision);
      await verifyDetached({ armored, bytes }, keyring, { now, exceptions: [] });
      return armored;
    },
  };
}
