import { z } from 'zod';
import { parseNevra } from '../../model/index.ts';

/** What people call a package; vendors choose it, so only its form is looked at. */
export const nevra = z
  .string()
  .max(512, 'expected at most 512 characters')
  .refine(
    (t) => /^[\x21-\x7e]+$/.test(t) && parseNevra(t) !== undefined,
    'expected name-[epoch:]version-release.arch',
  );
