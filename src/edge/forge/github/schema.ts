import { z } from 'zod';

/** Only what is used of each answer; GitHub adds fields at any time. Names as in its REST description 2022-11-28. */
const User = z.object({ login: z.string(), type: z.string().optional() });

export const PullRequestAnswer = z.object({
  number: z.int().positive(),
  state: z.enum(['open', 'closed']),
  title: z.string(),
  body: z.string().nullable(),
  user: User.nullable(),
  html_url: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  merged_at: z.string().nullable(),
  merge_commit_sha: z.string().nullable().optional(),
  /** The fork of a head can be deleted. */
  head: z.object({
    ref: z.string(),
    sha: z.string(),
    repo: z.object({ full_name: z.string() }).nullable(),
  }),
  base: z.object({ ref: z.string(), repo: z.object({ full_name: z.string() }) }),
});
export type PullRequestAnswer = z.output<typeof PullRequestAnswer>;

export const PullRequestList = z.array(PullRequestAnswer);

export const MergeResult = z.object({ sha: z.string(), merged: z.boolean() });

export const ReviewList = z.array(
  z.object({
    /** null: the account was deleted. */
    user: User.nullable(),
    state: z.string(),
    commit_id: z.string().nullable(),
    submitted_at: z.string().optional(),
  }),
);
export type ReviewAnswer = z.output<typeof ReviewList>[number];

export const CommentList = z.array(
  z.object({
    id: z.int(),
    user: User.nullable(),
    body: z.string().optional(),
    created_at: z.string(),
    updated_at: z.string(),
    html_url: z.string(),
    issue_url: z.string(),
  }),
);
export type CommentAnswer = z.output<typeof CommentList>[number];

export const CombinedStatus = z.object({
  statuses: z.array(
    z.object({ context: z.string(), state: z.string(), description: z.string().nullable() }),
  ),
});

export const RepositoryAnswer = z.object({ id: z.int() });

export const LoginAnswer = z.object({ login: z.string() });

export const Anything = z.unknown();
