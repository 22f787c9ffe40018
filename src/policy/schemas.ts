import { z } from 'zod';
import { kindNames, kinds } from './kinds/kinds.ts';

/** JSON Schema (draft 2020-12) of every kind, for editors; the key is the kind as a file name: `channel`. */
export function policySchemas(): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    kindNames.map((kind) => [kind.toLowerCase(), jsonSchema(kinds[kind].schema)]),
  );
}

/**
 * Sluice reads every scalar as text; an editor reads YAML 1.2 and sees numbers and booleans. Where a field has
 * `editor` in its meta data, that says what the editor should expect.
 */
function jsonSchema(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'throw',
    override: ({ jsonSchema: json }) => {
      if (typeof json.default === 'string' && /^(\d+|true|false)$/.test(json.default)) {
        json.default = JSON.parse(json.default);
      }
      const editor: unknown = Reflect.get(json, 'editor');
      if (typeof editor !== 'object' || editor === null) return;
      Reflect.deleteProperty(json, 'editor');
      for (const key of ['type', 'pattern', 'minLength']) Reflect.deleteProperty(json, key);
      Object.assign(json, editor);
    },
  });
}
