import { errorAt, type Finding } from '../finding.ts';

/** Bytes of a policy file as text without its byte order mark, or what is wrong with them and where. */
export function decode(
  file: string,
  bytes: string | Uint8Array,
  maxBytes: number,
): { readonly text: string } | { readonly finding: Finding } {
  const sizeBytes = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
  if (sizeBytes > maxBytes) {
    const start = { file, line: 1, col: 1 };
    const message = `the file has ${sizeBytes} bytes, ${maxBytes} are read at most`;
    return {
      finding: errorAt(start, 'PolicyUnreadable', { message, fix: 'Split it into several files.' }),
    };
  }
  const text = (typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)).replace(
    /^\ufeff/,
    '',
  );
  const odd = oddCharacter.exec(text);
  if (odd === null) return { text };
  const at = { file, ...lineAndColumn(text, odd.index) };
  const message =
    odd[0] === '\ufffd' ? 'not UTF-8 from here on' : `the character ${odd[0]} is not allowed`;
  return { finding: errorAt(at, 'PolicyUnreadable', { message, fix: fixFor(odd[0]) }) };
}

/**
 * Controls other than tab and line ends, half surrogates, what a decoder puts for broken UTF-8, and characters that
 * make text look like something it is not.
 */
const oddCharacter =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const fixFor = (odd: string): string =>
  odd === '\ufffd' ? 'Save the file as UTF-8.' : 'Delete it; policy files are plain UTF-8 text.';

/** Line and column, both from 1, of an offset. */
function lineAndColumn(text: string, offset: number): { line: number; col: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, col: offset - lastBreak };
}
