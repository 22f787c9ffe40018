import type { Question } from '../model/index.ts';
import { plainLine } from './escape.ts';

const subjectLength = 120;
const lineLength = 72;

/** Subject, wrapped paragraphs, trailers; no line can be mistaken for another trailer. */
export function commitMessage(message: {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly trailers: Readonly<Record<string, string>>;
}): string {
  const body = message.paragraphs
    .filter((p) => p.trim() !== '')
    .map((p) => wrapped(plainLine(p, 2000)));
  const trailers = Object.entries(message.trailers).map(([k, v]) => `${k}: ${plainLine(v)}`);
  return `${[plainLine(message.subject, subjectLength), ...body, trailers.join('\n')].filter(Boolean).join('\n\n')}\n`;
}

/** The message of a proposal's commit; its trailer is how the undo command finds it after any kind of merge. */
export function proposalMessage(request: Question): string {
  return commitMessage({
    subject: request.title,
    paragraphs: [request.effect, request.why],
    trailers: { 'Sluice-Proposal': request.identity, 'Sluice-Delta': request.deltaDigest },
  });
}

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > lineLength) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
