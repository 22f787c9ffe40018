import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** One line of `sluice doctor`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** The command that mends it. */
  readonly fix: string;
}

export function programPath(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((d) => join(d, program))
    .find((p) => existsSync(p));
}
