/** Control and bidirectional characters, which could reorder or hide what a reader sees. */
const invisible =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

const shown = (c: string): string =>
  `U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

/** One line of plain text: white space joined, invisible characters named, cut at `max` characters. */
export function plainLine(text: string, max = 300): string {
  const line = text.replace(/\s+/g, ' ').replace(invisible, shown).trim();
  const characters = [...line];
  return characters.length <= max ? line : `${characters.slice(0, max - 1).join('')}…`;
}

/**
 * Hostile text as inert markdown (GitHub flavoured): no markup, no HTML, no link, no mention, no issue reference, no
 * table cell of its own.
 */
export function markdownText(text: string, max = 300): string {
  return plainLine(text, max)
    .replace(/[\\`*_{}[\]()|~]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/([@#])(?=\w)/g, '$1&#8203;')
    .replace(/:(?=\/\/)|\b(?:mailto|xmpp|javascript|data):/gi, '$&&#8203;')
    .replace(/\bwww\./gi, 'www&#8203;.')
    .replace(/^([-+=#:]|\d+(?=\.))/, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`));
}

/** Names and versions read best as code; whatever could end the code span is escaped text instead. */
export function inlineCode(text: string): string {
  return /^[A-Za-z0-9][\w.+~^:/-]{0,254}$/.test(text) ? `\`${text}\`` : markdownText(text);
}
