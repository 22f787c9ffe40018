import { join } from 'node:path';
import { Fault, type GenerationRecord } from '../../model/index.ts';
import type { Ports } from '../../ports.ts';
import { readKeyring, verifyDetached } from '../../rpm/index.ts';
import { generationDirectory, type Store } from '../../store/index.ts';
import type { RepositoryManifest } from './repository-manifest.ts';

/**
 * The last look before clients see a generation: in every tree, repomd.xml and the signature beside it belong together, by
 * the public key of the channel. Throws `MetadataUnsigned`, `SignatureInvalid` and their kin.
 */
export async function checkSignedPairs(
  { signer, clock }: Pick<Ports, 'signer' | 'clock'>,
  store: Store,
  {
    record,
    manifest,
  }: { readonly record: GenerationRecord; readonly manifest: RepositoryManifest },
): Promise<void> {
  const [key] = record.keys;
  if (key === undefined) throw new Error(`generation ${record.number} names no key`);
  const keyring = await readKeyring([{ path: `key ${key}`, text: await signer.publicKey(key) }]);
  const directory = generationDirectory(store.root, record.channel, record.number);
  for (const tree of Object.keys(manifest.trees)) {
    const path = join(directory, tree, 'repodata/repomd.xml');
    const bytes = await store.disk.read(path);
    const armored = Buffer.from((await store.disk.read(`${path}.asc`)) ?? []).toString();
    // A signature is never dated before its key was made, so the revision alone may be too early to judge it.
    const now = Math.max(clock.now(), record.revision);
    const object = `${record.channel}/${record.number}/${tree}/repodata/repomd.xml`;
    if (bytes === undefined) throw absent(object);
    await verifyDetached({ armored, bytes }, keyring, { now, exceptions: [], object });
  }
}

function absent(object: string): Fault {
  return new Fault('SnapshotDamaged', {
    object,
    check: 'file of the generation that is about to be published',
    found: 'none',
    fix: 'Run `sluice reconcile` again; the generation is assembled anew.',
  });
}
