import { createHash } from 'node:crypto';
import {
  type Channel,
  canonicalDigest,
  type Desired,
  type GenerationRecord,
  nevraText,
  type PackageEntry,
  type SigningOrder,
} from '../../model/index.ts';
import { bytesToSign, packageHeadLength, readPackageHead } from '../../rpm/index.ts';
import { packagePath, stagingDirectory } from '../../store/index.ts';
import type { Installation } from '../installation.ts';
import {
  authorisedSources,
  isPublished,
  policyAt,
  policyInForceAt,
  type SignerView,
} from './authorised.ts';
import { checkRepomd } from './check-repomd.ts';
import { refused } from './refused.ts';

/**
 * The bytes that an order may have signed, read and checked here; never those of the caller where they can be had
 * otherwise. Throws `SigningRefused` for whatever accepted commits do not say.
 */
export async function bytesOfOrder(view: SignerView, order: SigningOrder): Promise<Uint8Array> {
  const { purpose } = order;
  switch (purpose.kind) {
    case 'package':
      return packageBytes(view, order, purpose);
    case 'repomd':
      return repomdBytes(view, order, purpose);
    case 'record':
      return recordBytes(view, order, purpose.record);
    case 'trial':
    case 'commit':
      throw refused(`a ${purpose.kind}`, 'this signer signs packages, metadata and records only');
  }
}

type PurposeOf<K> = Extract<SigningOrder['purpose'], { readonly kind: K }>;

async function packageBytes(
  view: SignerView,
  order: SigningOrder,
  { channel: name, commit, entry }: PurposeOf<'package'>,
): Promise<Uint8Array> {
  const desired = await policyInForceAt(view, commit);
  const channel = channelOf(desired, name);
  if (channel.sign.packages !== order.key) {
    throw refused(`channel ${name}`, 'its policy signs packages with this key', {
      expected: channel.sign.packages,
      found: order.key,
    });
  }
  if (!(await authorisedSources(view, desired, channel)).has(entry.sha256)) {
    throw refused(nevraText(entry), `${name} may serve this digest by commit ${commit}`, {
      found: entry.sha256,
    });
  }
  const { header, buildTime } = await wholePackage(view.installation, entry);
  if (buildTime !== order.dateSeconds) {
    throw refused(nevraText(entry), 'its signature is dated by its build', {
      expected: `${buildTime}`,
      found: `${order.dateSeconds}`,
    });
  }
  return header;
}

/** The header comes out of the same pass that hashes the file, so what is signed is what has the digest. */
async function wholePackage(c: Installation, entry: PackageEntry) {
  const hash = createHash('sha256');
  let head: Buffer | undefined = Buffer.alloc(0);
  let whole: Buffer | undefined;
  for await (const chunk of c.store.disk.chunks(packagePath(c.store.root, entry))) {
    hash.update(chunk);
    if (head === undefined) continue;
    head = Buffer.concat([head, chunk]);
    const length = packageHeadLength(head);
    if (length === undefined || length > head.length) continue;
    whole = head.subarray(0, length);
    head = undefined;
  }
  const found = hash.digest('hex');
  if (whole === undefined || found !== entry.sha256) {
    throw refused(nevraText(entry), 'the stored bytes have this digest', {
      expected: entry.sha256,
      found,
    });
  }
  const { buildTime } = readPackageHead(whole, entry);
  return { header: bytesToSign(whole, nevraText(entry)), buildTime };
}

async function repomdBytes(
  view: SignerView,
  order: SigningOrder,
  { record, directory }: PurposeOf<'repomd'>,
): Promise<Uint8Array> {
  const { installation: c } = view;
  const desired = await policyOfRecord(view, record);
  const channel = channelOf(desired, record.channel);
  refuseOtherKey(view, channel, { record, key: order.key });
  const content = await c.snapshots.read(record.content);
  if (content?.kind !== 'channel') {
    throw refused(record.content, 'the content of the generation is held here');
  }
  if (!isPublished(c, record)) {
    const allowed = await authorisedSources(view, desired, channel);
    const all = [...content.trees.values()].flatMap((tree) => tree.packages);
    const stray = all.find((p) => !allowed.has(p.sha256));
    if (stray) {
      throw refused(nevraText(stray), `${channel.name} may serve it by commit ${record.commit}`);
    }
  }
  refuseOtherPlace(c, directory);
  await checkRepomd(c, { record, content, directory, bytes: order.bytes });
  return order.bytes;
}

/** A new generation is made by the policy in force, an older one again by its own. */
async function policyOfRecord(view: SignerView, record: GenerationRecord): Promise<Desired> {
  return isPublished(view.installation, record)
    ? policyAt(view, record.commit)
    : policyInForceAt(view, record.commit);
}

function refuseOtherKey(
  { keys }: SignerView,
  channel: Channel,
  { record, key }: { readonly record: GenerationRecord; readonly key: string },
): void {
  const own = channel.sign.metadata ?? keys[0];
  if (record.keys[0] === own && record.keys.includes(key)) return;
  throw refused(`channel ${channel.name}`, 'its policy signs metadata with this key', {
    expected: own ?? 'no key',
    found: key,
  });
}

/** Metadata is read where the controller puts what it is about to publish, and nowhere else. */
function refuseOtherPlace(c: Installation, directory: string): void {
  const { root } = c.store;
  const places = [`${stagingDirectory(root)}/`, `${root}/generations/`];
  const plain = !directory.split('/').includes('..');
  if (plain && places.some((place) => directory.startsWith(place))) return;
  throw refused(directory, 'the repository lies in the state directory');
}

/** A record is signed once it is in the journal, which is what published it. */
async function recordBytes(
  { installation: c }: SignerView,
  order: SigningOrder,
  { channel, number }: GenerationRecord,
): Promise<Uint8Array> {
  const known = c
    .memory()
    .generations.get(channel)
    ?.find((r) => r.number === number);
  const given: unknown = JSON.parse(Buffer.from(order.bytes).toString());
  if (
    known &&
    canonicalDigest(known) === canonicalDigest(given) &&
    known.keys.includes(order.key)
  ) {
    return order.bytes;
  }
  throw refused(`generation ${channel}/${number}`, 'the record is that of the journal');
}

function channelOf(desired: Desired, name: string): Channel {
  const channel = desired.channels.get(name);
  if (channel) return channel;
  throw refused(`channel ${name}`, 'the policy in force has it');
}
