import { z } from 'zod';

/** The two keys that every document starts with. */
export const header = <const Kind extends string>(kind: Kind) => ({
  apiVersion: z.literal('sluice/v1').meta({ description: 'Always sluice/v1.' }),
  kind: z.literal(kind).meta({ description: `Always ${kind} in this folder.` }),
});
