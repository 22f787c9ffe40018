import { readFileSync } from 'node:fs';
import { realDisk } from '../../src/edge/index.ts';
import type { PackageEntry } from '../../src/model/index.ts';
import { contentOf } from './held-packages.ts';
import { openpgpSigner } from './openpgp-signer.ts';
import { startPublisher } from './publishing-world.ts';

/**
 * A process that starts on a state directory and publishes these packages: `publish-once.ts ROOT ENTRIES.json`. Run
 * under strace to end it, or to refuse it something, at any system call. Exits 6 for a fault, as the program does.
 */
const [root = '', entriesFile = ''] = process.argv.slice(2);
const entries: readonly PackageEntry[] = JSON.parse(readFileSync(entriesFile, 'utf8'));
const content = contentOf(entries.map((entry) => ({ entry, bytes: new Uint8Array() })));
try {
  const publisher = await startPublisher(realDisk(), root, await openpgpSigner());
  await publisher.publish(content);
} catch (error) {
  process.stderr.write(`${error}\n`);
  process.exitCode = 6;
}
