import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const { version: text }: { readonly version?: unknown } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
);

/** Of this program, as package.json has it. */
export const version: string = String(text);
