import { policySchemas } from '../src/policy/index.ts';

/** The part of JSON Schema that the schemas of policy files use. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
}

/** docs/policy-files.md with its tables written anew between `<!-- fields: kind -->` and `<!-- end -->`. */
export function withFieldTables(page: string): string {
  const schemas = policySchemas();
  return page.replace(
    /(<!-- fields: ([a-z]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (...[, start = '', kind = '', end = '']: readonly string[]) =>
      `${start}\n| key | value | default | meaning |\n|---|---|---|---|\n${rows(schemas[kind] as Schema, '').join('\n')}\n\n${end}`,
  );
}

function rows(schema: Schema, prefix: string): readonly string[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    if (prefix === '' && (key === 'apiVersion' || key === 'kind')) return [];
    const path = `${prefix}${key}`;
    const preset = required.has(key) ? 'needed' : written(field.default);
    const row = `| \`${path}\` | ${valueText(field)} | ${preset} | ${field.description ?? ''} |`;
    const inner = field.items?.properties
      ? rows(field.items, `${path}[].`)
      : rows(field, `${path}.`);
    return [row, ...inner];
  });
}

const written = (value: unknown): string =>
  value === undefined || JSON.stringify(value) === '{}'
    ? ''
    : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

function valueText(schema: Schema): string {
  if (schema.enum) return schema.enum.map((word) => `\`${word}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf) return schema.anyOf.map(valueText).join(' or ');
  if (schema.items) return schema.items.properties ? 'list' : `list of ${valueText(schema.items)}`;
  if (typeof schema.additionalProperties === 'object') {
    return `map to ${valueText(schema.additionalProperties)}`;
  }
  return names[schema.type ?? ''] ?? '';
}

const names: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'number',
  boolean: '`true`, `false`',
  object: 'map',
};
