import type { TreeContent } from '../../model/index.ts';
import { Fault } from '../../model/index.ts';
import type { Digested, FileRange } from '../../ports.ts';
import { metadataHead, metadataTail } from '../../rpm/index.ts';
import {
  type BlockMetadata,
  blocksMetadata,
  type Codec,
  cutBlocks,
  keepGroupMembers,
  type Making,
  type MetadataType,
  makeBlockMetadata,
  metadataTypes,
  pack,
  type Store,
} from '../../store/index.ts';
import { type MetadataFile, type MetadataSink, metadataSink } from './metadata-sink.ts';

/** Damage that comes back as often as this is no accident of the cache. */
const attempts = 3;

interface Joining {
  readonly codec: Codec;
  readonly count: number;
  readonly blocks: readonly BlockMetadata[];
}

/**
 * Writes primary, filelists and other: a head, the member of each block, a tail. Only blocks that no cache has are
 * compressed; the members of all others are joined as they are, and found out where they are damaged.
 */
export async function writePackageFiles(
  store: Store,
  tree: string,
  { content, codec, near }: Making & { readonly content: TreeContent },
): Promise<readonly MetadataFile[]> {
  const count = content.packages.length;
  const found = await blocksMetadata(store, cutBlocks(content.packages), { codec, near });
  let { blocks } = found;
  for (let attempt = 1; ; attempt += 1) {
    const joined = await join(store, tree, { codec, count, blocks });
    if (joined.files) {
      await keepGroupMembers(store, found.unkept, { codec, blocks });
      return joined.files;
    }
    if (attempt === attempts) throw keepsBreaking(joined.damaged);
    blocks = await madeAgain(store, blocks, { codec, damaged: joined.damaged });
  }
}

async function madeAgain(
  store: Store,
  blocks: readonly BlockMetadata[],
  { codec, damaged }: { readonly codec: Codec; readonly damaged: ReadonlySet<BlockMetadata> },
): Promise<readonly BlockMetadata[]> {
  const whole: BlockMetadata[] = [];
  for (const one of blocks) {
    whole.push(damaged.has(one) ? await makeBlockMetadata(store, one.block, codec) : one);
  }
  return whole;
}

interface Joined {
  /** Absent where anything is damaged. */
  readonly files?: readonly MetadataFile[];
  readonly damaged: ReadonlySet<BlockMetadata>;
}

async function join(store: Store, tree: string, joining: Joining): Promise<Joined> {
  // Reading what is open takes longest, so it begins first and happens beside the rest.
  const open = openDigests(store, joining);
  const sinks: { readonly type: MetadataType; readonly sink: MetadataSink }[] = [];
  try {
    for (const type of metadataTypes) {
      const sink = await metadataSink(store.disk, tree, { type, codec: joining.codec });
      sinks.push({ type, sink });
    }
    const cut = await writeMembers(store, sinks, joining);
    const packed = await Promise.all(sinks.map(({ sink }) => sink.readBack()));
    const opened = await open;
    const pieces = [...packed, ...opened].flatMap((digested) => digested.damaged);
    if (cut.size > 0 || pieces.length > 0) {
      await discardAll(sinks.map((s) => s.sink));
      return { damaged: new Set([...cut, ...blocksAt(pieces, joining.blocks)]) };
    }
    const files = sinks.map(({ sink }, n) =>
      sink.finish(packed[n] ?? never(), opened[n] ?? never()),
    );
    return { files: await Promise.all(files), damaged: new Set() };
  } catch (error) {
    await Promise.allSettled([open]);
    await discardAll(sinks.map((s) => s.sink));
    throw error;
  }
}

/** The open texts of a block lie in one file. */
const openDigests = async (
  store: Store,
  { count, blocks }: Joining,
): Promise<readonly Digested[]> =>
  await store.disk.digest(
    metadataTypes.map((type) => [
      { bytes: Buffer.from(metadataHead(type, count)) },
      ...blocks.map(({ open }) => open[type]),
      { bytes: Buffer.from(metadataTail(type)) },
    ]),
  );

/** Returns the blocks whose compressed members are not as long as they were; then the files are of no use. */
async function writeMembers(
  store: Store,
  sinks: readonly { readonly type: MetadataType; readonly sink: MetadataSink }[],
  { codec, count, blocks }: Joining,
): Promise<Set<BlockMetadata>> {
  const damaged = new Set<BlockMetadata>();
  for (const { type, sink } of sinks) {
    await sink.write((await pack(metadataHead(type, count), codec)).packed);
  }
  const left = blocks.values();
  for await (const bytes of store.disk.readEach(blocks.map(({ packed }) => packed.primary.path))) {
    const one = left.next().value ?? never();
    const { packed } = one;
    if (bytes?.byteLength !== endOf(packed.other)) damaged.add(one);
    if (bytes === undefined || damaged.size > 0) continue;
    for (const { type, sink } of sinks) {
      const { offset, crc32 } = packed[type];
      await sink.write(bytes.subarray(offset, endOf(packed[type])), crc32);
    }
  }
  for (const { type, sink } of sinks) {
    await sink.write((await pack(metadataTail(type), codec)).packed);
  }
  return damaged;
}

const endOf = ({ offset = 0, sizeBytes }: FileRange): number => offset + sizeBytes;

/** The first piece is the head; the last, a tail, belongs to no block either. */
const blocksAt = (
  pieces: readonly number[],
  blocks: readonly BlockMetadata[],
): readonly BlockMetadata[] => pieces.flatMap((piece) => blocks[piece - 1] ?? []);

async function discardAll(sinks: readonly MetadataSink[]): Promise<void> {
  for (const sink of sinks) await sink.discard().catch(() => undefined);
}

function never(): never {
  throw new Error('as many results as blocks');
}

function keepsBreaking(damaged: ReadonlySet<BlockMetadata>): Fault {
  const [first] = damaged;
  return new Fault('DiskError', {
    object: first?.packed.primary.path ?? 'metadata of blocks',
    check: 'metadata of a block read back after writing',
    expected: 'the bytes that were written',
    found: `${damaged.size} blocks with other bytes, ${attempts} times`,
    fix: 'Check the disk (kernel log, SMART), then run the command again; nothing was published.',
  });
}
