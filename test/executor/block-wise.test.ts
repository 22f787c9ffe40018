import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { corpusPackage } from '../../bench/corpus/package-file.ts';
import { digestOf } from '../../src/model/index.ts';
import {
  filelistsFragment,
  metadataHead,
  metadataTail,
  otherFragment,
  primaryFragment,
  readPackageHead,
  readRepomd,
} from '../../src/rpm/index.ts';
import { packageHref } from '../../src/store/index.ts';
import { contentOf, type HeldPackage, heldPackage, hold } from '../support/held-packages.ts';
import { memoryDisk } from '../support/memory-disk.ts';
import { openpgpSigner } from '../support/openpgp-signer.ts';
import { publishedTree, startPublisher } from '../support/publishing-world.ts';

const root = '/state';
/** Two revisions of each: blocks hold 8 to 64 packages. */
const packages = Array.from({ length: 160 }, (_, n) =>
  heldPackage(corpusPackage(n % 80, 1 + Math.floor(n / 80)).bytes),
);
const details = new Map(
  packages.map(({ entry, bytes }) => [entry.sha256, readPackageHead(bytes, entry)]),
);
const signer = await openpgpSigner();

/** What the three open files must be: everything rendered anew, in one piece. */
function whole(held: readonly HeldPackage[]): Readonly<Record<string, string>> {
  const key = ({ entry }: HeldPackage) =>
    `${String(entry.buildTime).padStart(12, '0')}\n${entry.name}\n${entry.sha256}`;
  const sorted = held.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)).map((p) => p.entry);
  const list = sorted.flatMap((entry) => details.get(entry.sha256) ?? []);
  const texts = {
    primary: list.map((detail) => primaryFragment(detail, packageHref(detail))),
    filelists: list.map(filelistsFragment),
    other: list.map(otherFragment),
  };
  const file = (type: keyof typeof texts) =>
    [metadataHead(type, list.length), ...texts[type], metadataTail(type)].join('');
  return { primary: file('primary'), filelists: file('filelists'), other: file('other') };
}

test('whatever changed before, a publication out of blocks is the one that is written as a whole', async () => {
  const chosen = fc.uniqueArray(fc.nat({ max: packages.length - 1 }), { minLength: 1 });
  const changes = fc.array(chosen, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(chosen, changes, async (first, sequence) => {
      const disk = memoryDisk();
      await hold({ disk, root }, packages);
      const publisher = await startPublisher(disk, root, signer);
      let current = new Set(first);
      for (const change of [[], ...sequence]) {
        // What is there goes, what is not there comes.
        current = current.symmetricDifference(new Set(change));
        const held = [...current].flatMap((n) => packages[n] ?? []);
        if (held.length === 0) continue;
        await publisher.publish(contentOf(held));
        const expected = whole(held);
        const tree = `${root}/${publishedTree}`;
        const repomd = readRepomd(
          (await disk.read(join(tree, 'repodata/repomd.xml'))) ?? Buffer.of(),
        );
        expect(repomd.records.map((r) => r.type)).toEqual(['primary', 'filelists', 'other']);
        for (const record of repomd.records) {
          const packed = (await disk.read(join(tree, record.href))) ?? Buffer.of();
          const text = gunzipSync(packed).toString();
          expect(text).toBe(expected[record.type]);
          expect(record.checksum.hex).toBe(digestOf(packed));
          expect(record.openChecksum?.hex).toBe(digestOf(text));
          expect(record.openSizeBytes).toBe(Buffer.byteLength(text));
        }
      }
    }),
    { numRuns: 20 },
  );
});
