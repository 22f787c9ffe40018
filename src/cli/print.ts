import { stringify } from 'yaml';
import { Fault, placeText } from '../model/index.ts';
import type { Answer } from './answer.ts';
import { type Paint, paintFor } from './paint.ts';
import { sourceStack } from './source-stack.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

/** Data goes to stdout, everything else to stderr. */
export function printAnswer(answer: Answer, format: OutputFormat): void {
  const document = { apiVersion: 'sluice/v1', kind: answer.kind, ...answer.data };
  const text =
    format === 'json'
      ? JSON.stringify(document, jsonValue, 2)
      : format === 'yaml'
        ? stringify(JSON.parse(JSON.stringify(document, jsonValue)))
        : answer.text(paintFor(process.stdout));
  if (text !== '') process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Maps print as objects. */
function jsonValue(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value;
}

/** One error for people: place, code, what was expected and found, the next step. No stack for what they can mend. */
export function faultText(error: unknown, paint: Paint): string {
  if (!(error instanceof Fault)) {
    const detail =
      error instanceof Error ? sourceStack(error.stack ?? error.message) : String(error);
    return `${paint('red', 'Internal')}  ${detail}\n  fix: report this; nothing that is served has changed`;
  }
  const place = error.at ? `${placeText(error.at)}  ` : '';
  return `${place}${paint('red', error.code)}  ${error.message}\n  fix: ${error.fix}`;
}

export function printFault(error: unknown, format: OutputFormat): number {
  process.stderr.write(`${faultText(error, paintFor(process.stderr))}\n`);
  const exit = error instanceof Fault ? error.exit : 8;
  if (format !== 'table' && error instanceof Fault) {
    const document = { apiVersion: 'sluice/v1', kind: 'Error', exit, ...error.toJSON() };
    process.stdout.write(
      format === 'json' ? `${JSON.stringify(document, null, 2)}\n` : stringify(document),
    );
  }
  return exit;
}
