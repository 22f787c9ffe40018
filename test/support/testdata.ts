import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe } from 'vitest';

const folder = resolve(import.meta.dirname, '../../../shared/testdata');

/** Real packages, keys and repositories kept beside the project; undefined on a plain clone. */
export const testdataRoot: string | undefined = existsSync(folder) ? folder : undefined;

/** A `describe` that is skipped where the real inputs are absent. */
export const withTestdata = describe.skipIf(testdataRoot === undefined);

/** The absolute path of one real input; only inside `withTestdata`. */
export function testdata(path: string): string {
  if (testdataRoot === undefined) throw new Error(`no test data here: ${path}`);
  return join(testdataRoot, path);
}
