import { type Code, type Place, redact } from '../model/index.ts';

/** Something that a policy file says wrongly. Errors keep the last good policy in force; warnings do not. */
export interface Finding {
  readonly code: Code;
  readonly at: Place;
  readonly message: string;
  /** The next step, as an instruction. */
  readonly fix: string;
  readonly severity: 'error' | 'warning';
  /** The file whose absence this is about; put back, the finding is gone. */
  readonly missing?: string;
}

/** What is wrong, and the next step as an instruction. */
interface Words {
  readonly message: string;
  readonly fix: string;
}

/** An error with everything that the reader needs to mend it. */
export function errorAt(at: Place, code: Code, words: Words): Finding {
  const { message, fix } = words;
  return {
    code,
    at: { ...at, file: visible(at.file) },
    message: clean(message),
    fix: clean(fix),
    severity: 'error',
  };
}

/** Something that works but deserves a look. */
export function warningAt(at: Place, code: Code, words: Words): Finding {
  return { ...errorAt(at, code, words), severity: 'warning' };
}

/** `file:line:col CODE message`, then the fix on a line of its own. */
export function findingText(f: Finding): string {
  const mark = f.severity === 'warning' ? ' (warning)' : '';
  return `${f.at.file}:${f.at.line}:${f.at.col} ${f.code}${mark} ${f.message}\n  fix: ${f.fix}`;
}

/** By place, so that two runs print the same list. */
export function sortedFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(
    (a, b) =>
      (a.at.file < b.at.file ? -1 : a.at.file > b.at.file ? 1 : 0) ||
      a.at.line - b.at.line ||
      a.at.col - b.at.col,
  );
}

const clean = (text: string): string => visible(redact(text));

/** Line ends, control and bidirectional characters could forge output; shows them as code points. */
function visible(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}
