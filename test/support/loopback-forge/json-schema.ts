/** As much of JSON Schema as the trimmed descriptions use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly maxLength?: number;
  readonly minLength?: number;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** What is wrong with a value; nothing may be in it that the description does not have. */
export function problems(
  value: unknown,
  schema: Schema,
  { schemas, at = '$' }: { readonly schemas: Schemas; readonly at?: string },
): readonly string[] {
  const { $ref } = schema;
  if ($ref !== undefined) {
    const named = schemas[$ref];
    return named ? problems(value, named, { schemas, at }) : [`${at}: no schema ${$ref}`];
  }
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  if (types && !types.includes(typeOf(value))) {
    return [`${at}: ${typeOf(value)} instead of ${types.join('|')}`];
  }
  if (value === null) return [];
  const found: string[] = [];
  if (schema.enum && !schema.enum.includes(value))
    found.push(`${at}: ${String(value)} not in enum`);
  if (typeof value === 'string') {
    if (value.length > (schema.maxLength ?? Infinity)) found.push(`${at}: too long`);
    if (value.length < (schema.minLength ?? 0)) found.push(`${at}: too short`);
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    const all = items
      ? value.map((v, i) => problems(v, items, { schemas, at: `${at}[${i}]` }))
      : [];
    return [...found, ...all.flat()];
  }
  if (typeof value === 'object') found.push(...inObject(value, schema, { schemas, at }));
  return found;
}

function inObject(
  value: object,
  { properties = {}, required = [] }: Schema,
  where: { readonly schemas: Schemas; readonly at: string },
): readonly string[] {
  const missing = required.filter((name) => !(name in value));
  const inner = Object.entries(value).flatMap(([name, v]) => {
    const schema = properties[name];
    const at = `${where.at}.${name}`;
    return schema ? problems(v, schema, { ...where, at }) : [`${at}: not in the description`];
  });
  return [...missing.map((name) => `${where.at}.${name}: missing`), ...inner];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
