import { type OutputKind, outputs } from '../../src/cli/output-schemas.ts';

/** A JSON answer of a verb, checked against the schema of its kind: programs rely on it. */
export function checkedAnswer(answer: Record<string, unknown>) {
  const { apiVersion, kind, ...data } = answer;
  if (apiVersion !== 'sluice/v1') throw new Error(`apiVersion is ${String(apiVersion)}`);
  const result = outputs[kind as OutputKind].safeParse(data);
  if (!result.success)
    throw new Error(`${String(kind)} is not as its schema says: ${result.error}`);
  return answer;
}
