import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problems, type Schema, type Schemas } from './json-schema.ts';

export interface Operation {
  readonly route: string;
  readonly query?: Schema;
  readonly body?: Schema;
  readonly responses: Readonly<Record<string, Schema>>;
}

export interface Contract {
  readonly schemas: Schemas;
  readonly operations: Readonly<Record<string, Operation>>;
}

export function contractOf(name: 'github' | 'gitea'): Contract {
  const file = join(import.meta.dirname, `${name}.contract.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Contract;
}

export interface Matched {
  readonly name: string;
  readonly operation: Operation;
  readonly number: number | undefined;
  readonly segment: string | undefined;
}

/** The operation of a path below the interface's root. */
export function matchOperation(
  { operations }: Contract,
  repository: string,
  { method, path }: { readonly method: string; readonly path: string },
): Matched | undefined {
  const parts = path.split('/');
  for (const [name, operation] of Object.entries(operations)) {
    const [verb, route = ''] = operation.route.split(' ');
    const [owner = '', repo = ''] = repository.split('/');
    const wanted = route.replace('{owner}', owner).replace('{repo}', repo).split('/');
    const fits = wanted.every((w, i) => w === parts[i] || (w.startsWith('{') && parts[i] !== ''));
    if (verb !== method || wanted.length !== parts.length || !fits) continue;
    const at = wanted.findIndex((w) => w.startsWith('{'));
    const number = at === -1 ? undefined : Number(parts[at]);
    return { name, operation, number, segment: parts[at] };
  }
  return undefined;
}

/** What a request or an answer has that the forge's description does not. */
export function breaches(contract: Contract, value: unknown, schema: Schema | undefined) {
  if (schema === undefined) return value === undefined ? [] : ['nothing is described here'];
  return problems(value, schema, { schemas: contract.schemas });
}
