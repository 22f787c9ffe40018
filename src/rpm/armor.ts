/*
 * openpgp takes long to load, and most commands never decode a key or a signature: it is loaded by the function that does.
 */

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

/** The bytes inside a block; undefined when they cannot be decoded. */
export async function armoredBytes(block: ArmoredBlock): Promise<Buffer | undefined> {
  const { unarmor } = await import('openpgp');
  try {
    const { data } = await unarmor(block.text);
    return data instanceof Uint8Array && data.length > 0 ? Buffer.from(data) : undefined;
  } catch {
    return undefined;
  }
}

/** Several armored signatures over the same bytes as one block: readers take whichever they can verify. */
export async function joinSignatures(armored: readonly string[]): Promise<string> {
  const [only, ...others] = armored;
  if (only === undefined || others.length === 0) return only ?? '';
  const packets: Buffer[] = [];
  for (const text of armored) {
    for (const block of armoredBlocks(text)) {
      const bytes = await armoredBytes(block);
      if (bytes === undefined) throw new Error('a signature that was verified cannot be decoded');
      packets.push(bytes);
    }
  }
  const { armor, enums } = await import('openpgp');
  return armor(enums.armor.signature, Buffer.concat(packets));
}
