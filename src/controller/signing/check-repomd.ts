import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ChannelSnapshot, GenerationRecord, Sha256 } from '../../model/index.ts';
import { signedForms } from '../../observer/index.ts';
import { readPrimary, readRepomd } from '../../rpm/index.ts';
import type { Installation } from '../installation.ts';
import { refused } from './refused.ts';

export interface RepomdCase {
  readonly record: GenerationRecord;
  readonly content: ChannelSnapshot;
  /** Folder of the tree, with `repodata/`. */
  readonly directory: string;
  readonly bytes: Uint8Array;
}

/** More than the largest repository has; what needs more is not ours. */
const primaryLimitBytes = 4 * 1024 ** 3;

/**
 * Reads what a repomd.xml leads to before it is signed: its revision is that of the record, and its primary lists exactly
 * the packages of the content's tree, in the form that the record serves. Throws `SigningRefused`.
 */
export async function checkRepomd(c: Installation, at: RepomdCase): Promise<void> {
  const { record, directory, bytes } = at;
  const tree = directory.slice(directory.lastIndexOf('/') + 1);
  const object = `repomd.xml of ${record.channel}/${record.number}/${tree}`;
  const repomd = readRepomd(bytes);
  if (repomd.revision !== String(record.revision)) {
    throw refused(object, 'its revision is that of the record', {
      expected: `${record.revision}`,
      found: repomd.revision,
    });
  }
  const primary = repomd.records.find((r) => r.type === 'primary');
  if (!primary || !/^repodata\/[A-Za-z0-9._-]+$/.test(primary.href)) {
    throw refused(object, 'it names a primary beside it');
  }
  const path = join(directory, primary.href);
  await refuseOtherSum(c, path, { object, expected: primary.checksum.hex });
  const listed = await listedDigests(c, path);
  const served = servedDigests(c, at, tree);
  if (served === undefined) throw refused(object, 'the content has this tree');
  const missing = served.difference(listed).size;
  const strange = listed.difference(served).size;
  if (missing + strange === 0) return;
  throw refused(object, 'it lists exactly the packages of the content', {
    found: `${missing} missing, ${strange} that are not of it`,
  });
}

async function refuseOtherSum(
  c: Installation,
  path: string,
  { object, expected }: { readonly object: string; readonly expected: string },
): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of c.store.disk.chunks(path)) hash.update(chunk);
  const found = hash.digest('hex');
  if (found !== expected) throw refused(object, 'its primary has this digest', { expected, found });
}

async function listedDigests(c: Installation, path: string): Promise<Set<string>> {
  const compression = path.endsWith('.zst') ? 'zst' : 'gz';
  const limits = { maxBytes: primaryLimitBytes };
  const opened = c.ports.decompress.open(compression, c.store.disk.chunks(path), limits);
  const listed = new Set<string>();
  for await (const { checksum } of readPrimary(opened)) listed.add(checksum.hex);
  return listed;
}

/** Of one tree; undefined where the content has no such tree. */
function servedDigests(
  c: Installation,
  { record, content }: RepomdCase,
  tree: string,
): Set<string> | undefined {
  const packages = content.trees.get(tree)?.packages;
  if (packages === undefined || record.packageKey === undefined) {
    return packages && new Set(packages.map((p) => p.sha256));
  }
  const forms = signedForms(c.memory(), record.packageKey);
  // A package without a form counts as its source, which no tree of a signed generation may list.
  const served = (source: Sha256): Sha256 => forms.get(source)?.sha256 ?? source;
  return new Set(packages.map((p) => served(p.sha256)));
}
