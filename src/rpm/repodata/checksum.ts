import { createHash } from 'node:crypto';
import { Fault } from '../../model/index.ts';
import { elementFault, requiredAttribute, type XmlElement } from './xml-element.ts';

export interface Checksum {
  readonly type: 'sha256' | 'sha384' | 'sha512';
  /** Lower case. */
  readonly hex: string;
}

const digits = { sha256: 64, sha384: 96, sha512: 128 } as const;
const isStrong = (type: string): type is Checksum['type'] => Object.hasOwn(digits, type);

/** Reads `<checksum type="sha256">…`; md5, sha1 and whatever is unknown is refused. */
export function checksumOf(element: XmlElement): Checksum {
  const type = requiredAttribute(element, 'type').toLowerCase();
  if (!isStrong(type)) {
    throw elementFault(element, `${element.name} type`, {
      found: type,
      expected: 'sha256, sha384 or sha512',
    });
  }
  const hex = element.text.trim().toLowerCase();
  if (hex.length !== digits[type] || !/^[0-9a-f]+$/.test(hex)) {
    throw elementFault(element, `${element.name} value`, {
      found: hex,
      expected: `${digits[type]} hex digits`,
    });
  }
  return { type, hex };
}

export interface ExpectedBytes {
  /** What is read, for the fault: `primary of el9-baseos`. */
  readonly what: string;
  /** `open` = after decompression; the fault then names `open-size` and `open-checksum`. */
  readonly layer: 'stored' | 'open';
  readonly sizeBytes?: number;
  readonly checksum?: Checksum;
}

/**
 * Passes bytes through and compares size and checksum with what repomd.xml promises. Stops as soon as there is more
 * than promised; the checksum is known only at the end, so nothing that was read counts before the last chunk has.
 */
export async function* checkedBytes(
  source: AsyncIterable<Uint8Array>,
  expected: ExpectedBytes,
): AsyncGenerator<Uint8Array> {
  const prefix = expected.layer === 'open' ? 'open-' : '';
  const hash = expected.checksum && createHash(expected.checksum.type);
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.length;
    if (expected.sizeBytes !== undefined && sizeBytes > expected.sizeBytes) {
      throw mismatch(expected, `${prefix}size`, {
        expected: `${expected.sizeBytes} bytes`,
        found: 'more',
      });
    }
    hash?.update(chunk);
    yield chunk;
  }
  if (expected.sizeBytes !== undefined && sizeBytes !== expected.sizeBytes) {
    throw mismatch(expected, `${prefix}size`, {
      expected: `${expected.sizeBytes} bytes`,
      found: `${sizeBytes} bytes`,
    });
  }
  const found = hash?.digest('hex');
  if (expected.checksum && found !== expected.checksum.hex) {
    const { type, hex } = expected.checksum;
    throw mismatch(expected, `${prefix}checksum`, {
      expected: `${type} ${hex}`,
      found: `${type} ${found}`,
    });
  }
}

function mismatch(
  of: ExpectedBytes,
  check: string,
  { expected, found }: { readonly expected: string; readonly found: string },
): Fault {
  const fix =
    'Sync again; if it stays, the upstream or a proxy on the way serves damaged metadata.';
  return new Fault('ChecksumMismatch', { object: of.what, check, expected, found, fix });
}
