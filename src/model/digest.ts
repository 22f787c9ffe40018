import { hash } from 'node:crypto';
import type { Sha256 } from './package.ts';

/**
 * JSON with sorted keys and no white space (RFC 8785). Numbers are safe integers here, so `JSON.stringify` prints
 * them as the standard asks; keys whose value is undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((v) => canonicalJson(v ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${sorted.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new Error(`not a safe integer: ${value}`);
  }
  return JSON.stringify(value) ?? 'null';
}

/** SHA-256 of bytes or of text in UTF-8. */
export function digestOf(data: string | Uint8Array): Sha256 {
  return hash('sha256', data) as Sha256;
}

/** SHA-256 over the canonical JSON of a value. */
export function canonicalDigest(value: unknown): Sha256 {
  return digestOf(canonicalJson(value));
}
