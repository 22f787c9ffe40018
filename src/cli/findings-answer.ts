import { counted, placeText } from '../model/index.ts';
import type { Finding } from '../policy/index.ts';
import type { Answer } from './answer.ts';
import type { Paint } from './paint.ts';

/** All findings at once, in file order, one line each with its fix below. */
export function findingsAnswer(findings: readonly Finding[]): Answer {
  const errors = findings.filter((f) => f.severity === 'error').length;
  return {
    kind: 'ValidationReport',
    data: { valid: errors === 0, findings },
    text: (paint) => findingsText(findings, paint),
    exit: errors === 0 ? 0 : 2,
  };
}

export function findingsText(findings: readonly Finding[], paint: Paint): string {
  const lines = findings.map((f) => {
    const code = paint(f.severity === 'error' ? 'red' : 'yellow', f.code);
    return `${placeText(f.at)}  ${code}  ${f.message}\n  fix: ${f.fix}`;
  });
  const errors = findings.filter((f) => f.severity === 'error').length;
  const summary =
    findings.length === 0
      ? 'valid'
      : `${counted(errors, 'error')}, ${counted(findings.length - errors, 'warning')}`;
  return [...lines, summary].join('\n');
}
