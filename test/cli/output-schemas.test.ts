import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { outputSchemas } from '../../src/cli/output-schemas.ts';

const directory = resolve(import.meta.dirname, '../../schemas/output');

test('schemas/output is what the program answers (else: npm run schemas)', () => {
  const committed = readdirSync(directory).map((name) => [
    name.replace('.schema.json', ''),
    JSON.parse(readFileSync(join(directory, name), 'utf8')),
  ]);
  expect(Object.fromEntries(committed)).toEqual(JSON.parse(JSON.stringify(outputSchemas())));
});
