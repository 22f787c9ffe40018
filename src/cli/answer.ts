import type { OutputKind } from './output-schemas.ts';
import type { Paint } from './paint.ts';

/** What a command found out. Commands return it; `print.ts` is the only one that writes. */
export interface Answer {
  /** Kind of the JSON document, e.g. `PlanReport`; its schema is in `schemas/output/`. */
  readonly kind: OutputKind;
  readonly data: object;
  /** The same for people; colours only through `paint`. */
  readonly text: (paint: Paint) => string;
  readonly exit: number;
}

/** An answer that is text first: completion scripts, schemas, rendered files. */
export function plainAnswer(kind: OutputKind, text: string, exit = 0): Answer {
  return { kind, data: { text }, text: () => text, exit };
}
