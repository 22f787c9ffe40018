import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildOrder } from '../../ports.ts';
import { cpioReader } from '../../rpm/index.ts';
import { decompressor } from '../decompress.ts';
import type { ReadSource } from './local/read-source.ts';

const maxBytes = 64 * 1024 ** 3;

/** Writes the files of a source package that was looked through before into a new folder; gives their paths. */
export async function unpackSource(
  order: BuildOrder,
  source: ReadSource,
): Promise<ReadonlyMap<string, string>> {
  const folder = join(order.directory, 'sources');
  await mkdir(folder);
  const paths = new Map(source.content.names.map((name) => [name, join(folder, name)]));
  const writer = memberWriter(paths);
  const reader = cpioReader(order.inputs.source.nevra, writer.visitor);
  const payload = createReadStream(order.sourcePath, { start: source.head.payloadStart });
  try {
    for await (const chunk of decompressor().open(source.head.compression, payload, { maxBytes })) {
      reader.push(chunk);
      await writer.flush();
    }
    reader.finish();
    await writer.flush();
  } finally {
    await writer.close();
  }
  return paths;
}

/** The archive is told in one breath, files are written in another. */
function memberWriter(paths: ReadonlyMap<string, string>) {
  let told: ({ readonly path: string } | { readonly bytes: Uint8Array })[] = [];
  let current: FileHandle | undefined;
  const close = async () => {
    await current?.close();
    current = undefined;
  };
  return {
    visitor: {
      member: ({ name }: { readonly name: string }) => {
        // Names were judged at the first look; another one is not written anywhere.
        const path = paths.get(name.replace(/^\.\//, ''));
        if (path !== undefined) told.push({ path });
        return path !== undefined;
      },
      bytes: (bytes: Uint8Array) => {
        told.push({ bytes: Uint8Array.from(bytes) });
      },
    },
    flush: async () => {
      for (const next of told) {
        if ('bytes' in next) await current?.writeFile(next.bytes);
        else {
          await close();
          current = await open(next.path, 'wx', 0o644);
        }
      }
      told = [];
    },
    close,
  };
}
