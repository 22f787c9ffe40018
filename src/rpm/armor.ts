/** One `-----BEGIN PGP …-----` block of a text, and what its first line calls it. */
export interface ArmoredBlock {
  /** `PUBLIC KEY BLOCK`, `SIGNATURE`, `SIGNED MESSAGE` … */
  readonly label: string;
  readonly text: string;
}

const begin = /^-----BEGIN PGP ([A-Z0-9, /]+)-----[ \t]*$/;

/**
 * Splits a text into its armored blocks (RFC 9580, section 6.2). openpgp.js reads only the first of several, so nobody
 * else may split. A block that does not end is given as it is: its content will not decode.
 */
export function armoredBlocks(text: string): readonly ArmoredBlock[] {
  const blocks: ArmoredBlock[] = [];
  let label: string | undefined;
  let lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const opening = begin.exec(line)?.[1];
    if (label === undefined && opening === undefined) continue;
    if (label === undefined) label = opening;
    lines.push(line.trimEnd());
    if (label !== undefined && line.trimEnd() === `-----END PGP ${label}-----`) {
      blocks.push({ label, text: lines.join('\n') });
      label = undefined;
      lines = [];
    }
  }
  if (label !== undefined) blocks.push({ label, text: lines.join('\n') });
  return blocks;
}

/** Radix-64 and a checksum, which nobody may refuse a block for (RFC 9580, section 6.1). */
const radix64 = /^([A-Za-z0-9+/]+={0,2})(?:=[A-Za-z0-9+/]*)?$/;

/** The bytes inside a block; undefined when they cannot be decoded. */
export function armoredBytes({ label, text }: ArmoredBlock): Buffer | undefined {
  const lines = text.split('\n');
  if (lines.at(-1) !== `-----END PGP ${label}-----`) return undefined;
  // Headers say nothing that counts, but an empty line has to end them.
  const blank = lines.indexOf('');
  if (blank < 0 || lines.slice(1, blank).some((line) => line.startsWith('-----'))) return undefined;
  const body = radix64.exec(lines.slice(blank, -1).join('').replace(/\s/g, ''))?.[1];
  return body === undefined ? undefined : Buffer.from(body, 'base64');
}

/** The bytes as a block. `checksum`: some readers want one behind a key. */
export function armored(
  label: string,
  bytes: Buffer,
  options: { readonly checksum?: boolean } = {},
): string {
  const lines = bytes.toString('base64').match(/.{1,60}/g) ?? [];
  const checksum = options.checksum === true ? [`=${crc24(bytes).toString('base64')}`] : [];
  const all = [`-----BEGIN PGP ${label}-----`, '', ...lines, ...checksum];
  return `${all.join('\n')}\n-----END PGP ${label}-----\n`;
}

/** RFC 9580, section 6.1.1. */
function crc24(bytes: Buffer): Buffer {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ ((crc & 0x800000) === 0 ? 0 : 0x1864cfb);
  }
  return Buffer.from([crc >> 16, crc >> 8, crc]);
}

/** Several armored signatures over the same bytes as one block: readers take whichever they can verify. */
export function joinSignatures(texts: readonly string[]): string {
  const [only, ...others] = texts;
  if (only === undefined || others.length === 0) return only ?? '';
  const packets: Buffer[] = [];
  for (const text of texts) {
    for (const block of armoredBlocks(text)) {
      const bytes = armoredBytes(block);
      if (bytes === undefined) throw new Error('a signature that was verified cannot be decoded');
      packets.push(bytes);
    }
  }
  return armored('SIGNATURE', Buffer.concat(packets));
}
