import { markdownText } from './escape.ts';

/** What came of a command. */
export type Answered =
  | { readonly kind: 'done' | 'told'; readonly lines: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string; readonly fix: string };

const longest = 1500;

/**
 * The answer below a command: what it was, what came of it and, where it was refused, the way out. Whatever people,
 * upstreams and policy files say is text in it.
 */
export function answerText(comment: string, answered: Answered): string {
  const asked = `> ${markdownText(comment.split(/\r?\n/)[0] ?? '', 200)}`;
  const said = (text: string) => markdownText(text, longest);
  if (answered.kind === 'refused') {
    return `${asked}\n\n**Refused**: ${said(answered.why)}\n\nThe way out: ${said(answered.fix)}\n`;
  }
  const lines = answered.lines.map((line) => `- ${said(line)}`).join('\n');
  return `${asked}\n\n${answered.kind === 'done' ? '**Done**' : 'As it stands'}:\n\n${lines}\n`;
}
