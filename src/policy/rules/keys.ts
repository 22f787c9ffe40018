import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';

/** Every key that an upstream names is a file here, and whoever demands signatures names a key. */
export function upstreamKeysExist(entries: Entries): readonly Finding[] {
  return entries.upstreams.flatMap((upstream) => {
    const missing = upstream.keys.flatMap((key, i) => {
      if (entries.keys.has(key)) return [];
      const at = entries.placeOf(upstream.at.file, ['keys', i]);
      const fix = `Add the vendor's public key as ${key}; here are: ${[...entries.keys.keys()].join(', ') || 'none'}.`;
      return [errorAt(at, 'PolicyReference', { message: `there is no file ${key}`, fix })];
    });
    const { metadataSignature, packageSignatures } = upstream.require;
    const keys = [...upstream.keys, ...(upstream.git?.sshKeys ?? [])];
    if (keys.length > 0 || !(metadataSignature || packageSignatures)) return missing;
    const message = `${upstream.name} must be signed, but has no keys`;
    const fix =
      "Add keys: [keys/<vendor>.asc] with the vendor's public key, or say in require what is not signed.";
    return [errorAt(upstream.at, 'PolicyMissing', { message, fix })];
  });
}

/**
 * Files under `keys/` hold public key blocks and nothing else. Only the armor is read here; what the keys are worth
 * is judged where they are used.
 */
export function keyFilesAreKeys(entries: Entries): readonly Finding[] {
  return [...entries.keys].flatMap(([file, text]) => {
    const problem = problemOf(text);
    if (problem === undefined) return [];
    const at = { file, line: 1, col: 1 };
    return [errorAt(at, 'KeyFileInvalid', { message: problem.message, fix: problem.fix })];
  });
}

function problemOf(text: string): { message: string; fix: string } | undefined {
  if (/-----BEGIN PGP (PRIVATE|SECRET) KEY BLOCK-----/.test(text)) {
    return {
      message: 'the file holds a private key',
      fix: 'Take it out of git, treat the key as published and make a new one; keep only the public half here.',
    };
  }
  const blocks = armoredBlocks(text);
  const rest = text.replace(armored, '').trim();
  if (blocks.length === 1 && !rest.includes('-----BEGIN')) return undefined;
  const found = blocks.length > 1 ? `${blocks.length} blocks` : 'something else';
  return {
    message: `expected one armored public key block, found ${found}`,
    fix: 'Write `gpg --armor --export FINGERPRINT` into the file, one key block a file.',
  };
}

/** The public key blocks in a text, each with its two dashed lines. */
export const armoredBlocks = (text: string): readonly string[] => text.match(armored) ?? [];

const armored =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:(?!-----)[\s\S])*-----END PGP PUBLIC KEY BLOCK-----/g;
