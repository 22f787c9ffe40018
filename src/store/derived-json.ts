import { join } from 'node:path';
import { digestOf } from '../model/index.ts';
import { derived } from './block-details.ts';
import type { Store } from './paths.ts';

/** Where a derived value lies below `derived/`, and the version of what it means. */
export interface DerivedPlace {
  readonly path: string;
  /** Raised when the same inputs would give another value. */
  readonly format: number;
}

/**
 * A value that its place alone decides, kept as JSON below `derived/`. It carries its own digest; damaged, outdated or
 * absent, it is made again.
 */
export async function derivedJson<T>(
  store: Store,
  place: DerivedPlace,
  make: () => Promise<T>,
): Promise<T> {
  const kept = await keptJson<T>(store, place);
  if (kept !== undefined) return kept;
  const made = await make();
  await keepDerivedJson(store, place, made);
  return made;
}

/** undefined when there is none, or none that is whole and up to date. */
export async function keptJson<T>(store: Store, place: DerivedPlace): Promise<T | undefined> {
  const bytes = await store.disk.read(join(store.root, 'derived', place.path));
  const body = bytes && intactBody(Buffer.from(bytes), place.format);
  // The digest vouches for the shape: only this program writes it.
  return body === undefined ? undefined : (JSON.parse(body) as T);
}

export async function keepDerivedJson(
  store: Store,
  { path, format }: DerivedPlace,
  value: unknown,
): Promise<void> {
  const body = JSON.stringify(value);
  const text = `${digestOf(`${format}${body}`)}\n${body}\n`;
  await store.disk.replace(join(store.root, 'derived', path), text, derived);
}

function intactBody(bytes: Buffer, format: number): string | undefined {
  const [digest, body = ''] = bytes.toString().split('\n');
  return digestOf(`${format}${body}`) === digest ? body : undefined;
}
