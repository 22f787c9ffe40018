/** Markup that is safe to insert as it is. */
export interface Markup {
  readonly markup: string;
}

type Value = string | number | undefined | Markup | readonly Markup[];

/** Builds markup; every value is escaped unless it is markup already. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const parts = strings.map((s, i) => s + (i < values.length ? valueText(values[i]) : ''));
  return { markup: parts.join('') };
}

function valueText(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'object') {
    return 'markup' in value ? value.markup : value.map((v) => v.markup).join('');
  }
  return escapeHtml(String(value));
}

/** Also shows control and bidirectional characters as code points, so that they cannot reorder a line. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"'`]/g, (c) => `&#${c.charCodeAt(0)};`)
    .replace(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}
