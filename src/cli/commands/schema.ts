import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../model/index.ts';
import { policySchemas } from '../../policy/index.ts';
import { plainAnswer } from '../answer.ts';
import { outputSchemas } from '../output-schemas.ts';
import { textArgument, textOption, type Verb } from '../verb.ts';

export const schemaVerb: Verb = {
  arguments: [['[kind]', 'e.g. channel; without it the kinds are listed']],
  options: [['--write <dir>', 'write every schema into this folder']],
  examples: ['sluice schema', 'sluice schema channel', 'sluice schema --write schemas'],
  how: {
    needs: 'nothing',
    async run(call) {
      const schemas = policySchemas();
      const directory = textOption(call, 'write');
      if (directory !== undefined) return written(schemas, directory);
      const kind = textArgument(call, 0)?.toLowerCase();
      if (kind === undefined) return plainAnswer('SchemaList', Object.keys(schemas).join('\n'));
      const schema = schemas[kind];
      if (schema === undefined) {
        throw new Fault('NotFound', {
          object: kind,
          check: 'no policy file has this kind',
          expected: Object.keys(schemas).join(', '),
          fix: 'sluice schema channel',
        });
      }
      const text = JSON.stringify(schema, null, 2);
      return { kind: 'Schema', data: { schema }, text: () => text, exit: 0 };
    },
  },
};

function written(schemas: Readonly<Record<string, unknown>>, directory: string) {
  mkdirSync(directory, { recursive: true });
  const output = join(directory, 'output');
  mkdirSync(output, { recursive: true });
  const files = [
    ...Object.entries(schemas).map(([kind, schema]) => [join(directory, kind), schema] as const),
    ...Object.entries(outputSchemas()).map(([kind, s]) => [join(output, kind), s] as const),
  ].map(([name, schema]) => {
    const file = `${name}.schema.json`;
    writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
    return file;
  });
  return plainAnswer('SchemaFiles', files.join('\n'));
}
