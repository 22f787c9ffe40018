import { z } from 'zod';
import { type Code, codes } from '../model/index.ts';

/** What several JSON answers have in them. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const snapshotId = z.string().regex(/^sha256:[0-9a-f]{64}$/);
export const commit = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
export const code = z.enum(Object.keys(codes) as [Code, ...Code[]]);
export const place = z.strictObject({
  file: z.string(),
  line: z.int().min(1),
  col: z.int().min(1),
});
export const seconds = z.int().min(0);

/** A fault as `Fault.toJSON` gives it. */
export const fault = z.strictObject({
  code,
  object: z.string(),
  check: z.string(),
  expected: z.string().optional(),
  found: z.string().optional(),
  fix: z.string(),
  at: place.optional(),
});

export const finding = z.looseObject({
  code,
  severity: z.enum(['error', 'warning']),
  at: place,
  message: z.string(),
  fix: z.string(),
});

export const hold = z.strictObject({
  code,
  subject: z.string(),
  channel: z.string().optional(),
  text: z.string(),
  awaits: z.string(),
  until: seconds.optional(),
  at: place.optional(),
});

export const reason = z.strictObject({
  text: z.string(),
  at: place.optional(),
  commit: commit.optional(),
});
