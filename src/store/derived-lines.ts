import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { derived } from './block-details.ts';
import type { DerivedPlace } from './derived-json.ts';
import type { Store } from './paths.ts';

const linesAtOnce = 4096;
const digestLength = 64;

/**
 * A long derived list as lines of text: who reads it need not make values of all of it. Like `keptJson` it carries its
 * own digest. undefined when there is none, or none that is whole and up to date.
 */
export async function keptLines(store: Store, place: DerivedPlace): Promise<Buffer | undefined> {
  const bytes = await store.disk.read(join(store.root, 'derived', place.path));
  if (bytes === undefined) return undefined;
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines = all.subarray(digestLength + 1);
  const found = createHash('sha256').update(`${place.format}\n`).update(lines).digest('hex');
  return all.toString('latin1', 0, digestLength) === found ? lines : undefined;
}

export async function keepDerivedLines(
  store: Store,
  { path, format }: DerivedPlace,
  lines: Iterable<string>,
): Promise<void> {
  const hash = createHash('sha256').update(`${format}\n`);
  const parts: Buffer[] = [];
  let some: string[] = [];
  const flush = (): void => {
    const part = Buffer.from(some.map((line) => `${line}\n`).join(''));
    hash.update(part);
    parts.push(part);
    some = [];
  };
  for (const line of lines) if (some.push(line) === linesAtOnce) flush();
  flush();
  const bytes = Buffer.concat([Buffer.from(`${hash.digest('hex')}\n`), ...parts]);
  await store.disk.replace(join(store.root, 'derived', path), bytes, derived);
}
