import {
  damagedFiles,
  readRepositoryManifest,
  type ServedContent,
  signedContent,
  strayFiles,
} from '../executor/index.ts';
import {
  type ChannelSnapshot,
  canonicalDigest,
  Fault,
  type GenerationRecord,
  nevraText,
  type PackageEntry,
  type SnapshotId,
} from '../model/index.ts';
import { channelContent, currentGeneration, signedForms } from '../observer/index.ts';
import {
  generationDirectory,
  missingBytes,
  readSnapshot,
  servedNames,
  verifyPackageBytes,
  withoutPrivateName,
} from '../store/index.ts';
import type { Installation } from './installation.ts';
import { policyInForce } from './policy-in-force.ts';

export interface Verification {
  readonly channel: string;
  readonly generation: number;
  readonly packages: number;
  /** What is not as it was recorded, one sentence each. */
  readonly problems: readonly string[];
}

/** Reads back everything that the channels serve and compares it with what was recorded when it was published. */
export async function verify(c: Installation): Promise<readonly Verification[]> {
  const results: Verification[] = [];
  const declared = (await policyInForce(c))?.channels;
  const served = [...(await servedNames(c.store)).values()].map((name) => name.split('/')[0]);
  for (const channel of c.memory().generations.keys()) {
    // What an operator let end serves nothing that could be compared.
    if (declared && !declared.has(channel) && !served.includes(channel)) continue;
    const record = currentGeneration(c.memory(), channel);
    if (record) results.push(await verifyGeneration(c, record));
  }
  return results;
}

async function verifyGeneration(c: Installation, record: GenerationRecord): Promise<Verification> {
  const problems: string[] = [];
  const directory = generationDirectory(c.store.root, record.channel, record.number);
  const manifest = await readRepositoryManifest(c.store.disk, directory);
  if (manifest?.record !== canonicalDigest(record)) {
    problems.push('the published folder is not the one of the journal');
  } else {
    for (const path of await damagedFiles(c.store.disk, directory, manifest)) {
      problems.push(`${path}: other bytes than were published`);
    }
    for (const path of await strayFiles(c.store.disk, directory, manifest)) {
      problems.push(`${path}: was not published`);
    }
  }
  const packages = await verifyPackages(c, record, problems);
  return { channel: record.channel, generation: record.number, packages, problems };
}

/** What the generation serves instead of the sources, as far as the journal knows. */
function servedContent(
  c: Installation,
  { packageKey }: GenerationRecord,
  at: { readonly content: ChannelSnapshot; readonly problems: string[] },
): ServedContent {
  if (packageKey === undefined) return at.content;
  const forms = signedForms(c.memory(), packageKey);
  const trees = [...at.content.trees].map(([name, tree]) => {
    const lacking = tree.packages.filter((p) => !forms.has(p.sha256));
    for (const p of lacking) at.problems.push(`${nevraText(p)}: its signed form is not known`);
    return [name, { ...tree, packages: tree.packages.filter((p) => forms.has(p.sha256)) }] as const;
  });
  return signedContent({ ...at.content, trees: new Map(trees) }, forms);
}

async function unreachedPackages(
  { store }: Installation,
  { channel, private: isPrivate }: GenerationRecord,
  packages: readonly PackageEntry[],
): Promise<readonly PackageEntry[]> {
  return isPrivate ? await withoutPrivateName(store, channel, packages) : [];
}

/** Every package once, in the order of the content; adds to `problems` and returns how many there are. */
async function verifyPackages(
  c: Installation,
  record: GenerationRecord,
  problems: string[],
): Promise<number> {
  // From the disk, with every digest worked out again, whatever is remembered.
  const fromDisk = { read: (id: SnapshotId) => readSnapshot(c.store, id) };
  const source = await channelContent(fromDisk, record.content);
  if (!source) {
    problems.push(`the snapshot ${record.content} is not held here`);
    return 0;
  }
  const content = servedContent(c, record, { content: source, problems });
  for await (const entry of missingBytes(c.store, content)) {
    problems.push(`${nevraText(entry)}: its bytes are not here`);
  }
  const all = [...content.trees.values()].flatMap((t) => t.packages);
  for (const entry of await unreachedPackages(c, record, all)) {
    problems.push(`${nevraText(entry)}: clients of this private channel do not reach it`);
  }
  for (const [i, entry] of all.entries()) {
    c.ports.log.emit({
      kind: 'progress',
      task: `verify ${record.channel}`,
      done: i + 1,
      total: all.length,
      unit: 'packages',
    });
    try {
      await verifyPackageBytes(c.store, entry);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      problems.push(`${nevraText(entry)}: ${error.message}. ${error.fix}`);
    }
  }
  return all.length;
}
