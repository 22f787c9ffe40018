import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];
/** Colours for one stream: none in a pipe, none with NO_COLOR. */
export type Paint = (style: Style, text: string) => string;

export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream, validateStream: true });
}

export const noPaint: Paint = (_style, text) => text;

/** Columns aligned by their widest cell; the last one is not padded. */
export function table(rows: readonly (readonly string[])[], paint: Paint): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, i) => Math.max(...rows.map((r) => (r[i] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [paint('bold', line(head)), ...body.map(line)].join('\n');
}
