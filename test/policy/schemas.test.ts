import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { policySchemas } from '../../src/policy/index.ts';

const folder = join(resolve(import.meta.dirname, '../..'), 'schemas');
const schemas = Object.entries(policySchemas());

describe('JSON schemas', () => {
  test.each(schemas)(
    'schemas/%s.schema.json is fresh (else: npm run schemas)',
    async (kind, schema) => {
      const text = `${JSON.stringify(schema, null, 2)}\n`;
      await expect(text, 'run: npm run schemas').toMatchFileSnapshot(
        join(folder, `${kind}.schema.json`),
      );
    },
  );

  test('schemas/ has one for each kind and no other', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.schema.json'));
    expect(files).toEqual(schemas.map(([kind]) => `${kind}.schema.json`).toSorted());
  });

  test('every key has one sentence for policy authors', () => {
    expect(schemas.flatMap(([kind, schema]) => undescribed(schema, kind))).toEqual([]);
  });

  test('editors see numbers and booleans where people write them', () => {
    const { channel, upstream } = policySchemas();
    expect(channel).toMatchObject({
      properties: { keep: { anyOf: [{ type: 'integer' }, { const: 'all' }], default: 2 } },
    });
    expect(upstream).toMatchObject({
      properties: {
        require: { properties: { metadataSignature: { type: 'boolean', default: true } } },
      },
    });
  });
});

/** Paths of properties without a description that ends like a sentence. */
function undescribed(schema: unknown, path: string): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const properties: unknown = Reflect.get(schema, 'properties') ?? {};
  const own = Object.entries(properties as object).flatMap(([key, field]: [string, unknown]) => {
    const text: unknown = Reflect.get(Object(field), 'description');
    const fine = typeof text === 'string' && /[.?]$/.test(text);
    return [...(fine ? [] : [`${path}.${key}`]), ...undescribed(field, `${path}.${key}`)];
  });
  return [...own, ...undescribed(Reflect.get(schema, 'items'), `${path}[]`)];
}
