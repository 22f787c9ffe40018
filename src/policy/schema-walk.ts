import { z } from 'zod';
import type { Path } from './yaml/read-document.ts';

/** The keys that a map at this path may have. */
export function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  const at = schemaAt(schema, path);
  const inner = at === undefined ? undefined : unwrapped(at);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** The sentence for policy authors about the value at this path, or about the nearest parent that has one. */
export function descriptionAt(schema: z.ZodType, path: Path): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const description = schemaAt(schema, path.slice(0, length))?.description;
    if (description !== undefined) return description;
  }
  return undefined;
}

function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let at: z.ZodType | undefined = schema;
  for (const part of path) at = at === undefined ? undefined : childOf(unwrapped(at), part);
  return at;
}

function childOf(schema: z.ZodType, part: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) {
    return Object.hasOwn(schema.shape, part) ? (schema.shape[part] as z.ZodType) : undefined;
  }
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return undefined;
}

/** The schema inside optional, default and transform. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  let at = schema;
  for (;;) {
    if (at instanceof z.ZodOptional || at instanceof z.ZodDefault || at instanceof z.ZodPrefault) {
      at = at.unwrap() as z.ZodType;
    } else if (at instanceof z.ZodPipe) {
      at = at.in as z.ZodType;
    } else {
      return at;
    }
  }
}
