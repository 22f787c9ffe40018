import { hash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { LooseObject } from './loose-objects.ts';

const types: Readonly<Record<string, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** Objects as one pack without deltas (gitformat-pack(5)), for git to take apart. */
export function packOf(objects: readonly LooseObject[]): Buffer {
  const head = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  head.writeUInt32BE(objects.length, 8);
  const entries = objects.flatMap(({ type, body }) => [
    entryHead(types[type] ?? 0, body.length),
    deflateSync(body, { level: 1 }),
  ]);
  const pack = Buffer.concat([head, ...entries]);
  return Buffer.concat([pack, Buffer.from(hash('sha1', pack, 'hex'), 'hex')]);
}

/** Three bits of type and the size, its lowest four bits first, then seven at a time. */
function entryHead(type: number, size: number): Buffer {
  const bytes = [(type << 4) | (size & 15)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((bytes.pop() ?? 0) | 128, rest & 127);
  }
  return Buffer.from(bytes);
}
