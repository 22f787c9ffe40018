import { z } from 'zod';

/** `pr.json` in the tree of `refs/sluice/pr/<n>`. */
export const StoredProposal = z.object({
  v: z.literal(1),
  number: z.int().positive(),
  identity: z.string().max(400),
  branch: z.string().max(500),
  title: z.string().max(2000),
  body: z.string().max(200_000),
  state: z.enum(['open', 'merged', 'closed']),
  closedBy: z.enum(['person', 'controller']).optional(),
  closedAs: z.enum(['merged', 'withdrawn', 'superseded', 'rejected']).optional(),
  deltaDigest: z.string().max(100),
  /** Unit → what it brings by itself. */
  brings: z.record(z.string().max(300), z.array(z.string().max(900)).max(300)).optional(),
  /** People committed to the branch before it was merged. */
  edited: z.boolean().optional(),
  /** The branch as the controller left it. */
  head: z.string().regex(/^[0-9a-f]{40,64}$/),
  /** Digest of what the controller's commit is made from: base, files, message. */
  content: z.string().max(100),
  openedAt: z.number(),
  updatedAt: z.number(),
});
export type StoredProposal = z.output<typeof StoredProposal>;
