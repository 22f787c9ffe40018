import { createReadStream } from 'node:fs';
import { Fault } from '../../../model/index.ts';
import type { BuildOrder } from '../../../ports.ts';
import {
  packageHeadLength,
  readSourceHead,
  type SourceContent,
  type SourceHead,
  sourceReader,
} from '../../../rpm/index.ts';
import { decompressor } from '../../decompress.ts';

export type ReadSource = { readonly head: SourceHead; readonly content: SourceContent };

const maxBytes = 64 * 1024 ** 3;

/**
 * Looks into the source package from outside: names of its files and the text of its spec, as bytes that nothing
 * interprets. Throws `SourceRefused` or `PackageInvalid`.
 */
async function readSource(order: BuildOrder): Promise<ReadSource> {
  const chunks = readChunks(order.sourcePath);
  try {
    const { head, rest } = await headOf(chunks, order);
    const reader = sourceReader(order.inputs.source.nevra);
    const payload = joined(rest, chunks);
    const { compression } = head;
    for await (const chunk of decompressor().open(compression, payload, { maxBytes })) {
      reader.push(chunk);
    }
    return { head, content: reader.finish() };
  } catch (error) {
    throw error instanceof Fault && error.code === 'MetadataInvalid'
      ? damaged(order.inputs.source.nevra, error)
      : error;
  } finally {
    await chunks.return(undefined);
  }
}

const aboutTheSource: ReadonlySet<string> = new Set(['SourceRefused', 'PackageInvalid']);

/** The same, with what is wrong with the package as a value: that is an answer, and no trouble of the machine. */
export async function sourceOf(order: BuildOrder): Promise<ReadSource | Fault> {
  try {
    return await readSource(order);
  } catch (error) {
    if (error instanceof Fault && aboutTheSource.has(error.code)) return error;
    throw error;
  }
}

async function* readChunks(path: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path)) yield chunk;
}

async function headOf(chunks: AsyncGenerator<Buffer>, { inputs }: BuildOrder) {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const length = bytes.length < 112 ? undefined : packageHeadLength(bytes);
    if (length !== undefined && bytes.length >= length) {
      const head = readSourceHead(bytes, { sha256: inputs.source.sha256, sizeBytes: 0 });
      return { head, rest: bytes.subarray(head.payloadStart) };
    }
    const next = await chunks.next();
    if (next.done) throw damaged(inputs.source.nevra, undefined);
    bytes = Buffer.concat([bytes, next.value]);
  }
}

async function* joined(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

function damaged(object: string, cause: unknown): Fault {
  return new Fault('SourceRefused', {
    object,
    check: 'the source package is whole',
    found: cause instanceof Fault ? cause.message : 'it ends too early',
    fix: 'Nothing of it was built. Report it to whoever publishes the source package.',
    cause,
  });
}
