import { z } from 'zod';

/** Only what is used of each answer; names as in Gitea's and Forgejo's own description (`/swagger.v1.json`). */
const User = z.object({ id: z.number(), login: z.string() });

export const PullRequestAnswer = z.object({
  number: z.int().positive(),
  state: z.enum(['open', 'closed']),
  title: z.string(),
  body: z.string(),
  user: User.nullable(),
  html_url: z.string(),
  created_at: z.string(),
  updated_at: z.string(),
  merged: z.boolean(),
  merge_commit_sha: z.string().nullable().optional(),
  head: z.object({
    /** The branch; `ref` becomes `refs/pull/<n>/head` when the branch is gone. */
    label: z.string(),
    sha: z.string(),
    repo: z.object({ full_name: z.string() }).nullable(),
  }),
  base: z.object({ ref: z.string(), repo: z.object({ full_name: z.string() }).nullable() }),
});
export type PullRequestAnswer = z.output<typeof PullRequestAnswer>;

/** A list can have a null while a pull request is being made: that is no answer, and is asked again later. */
export const PullRequestList = z.array(PullRequestAnswer);

export const ReviewList = z.array(
  z.object({
    /** null where a team was asked. */
    user: User.nullable(),
    state: z.string(),
    commit_id: z.string(),
    dismissed: z.boolean(),
    submitted_at: z.string(),
  }),
);
export type ReviewAnswer = z.output<typeof ReviewList>[number];

export const CommentList = z.array(
  z.object({
    id: z.int(),
    user: User.nullable(),
    body: z.string(),
    created_at: z.string(),
    updated_at: z.string(),
    html_url: z.string(),
    /** Empty below an issue. */
    pull_request_url: z.string(),
  }),
);
export type CommentAnswer = z.output<typeof CommentList>[number];

/** A single status has its state as `status`; a commit of which nothing was said has no list. */
export const CombinedStatus = z.object({
  statuses: z
    .array(z.object({ context: z.string(), status: z.string(), description: z.string() }))
    .nullable(),
});

export const RepositoryAnswer = z.object({ id: z.int() });

export const LoginAnswer = z.object({ login: z.string() });

export const Anything = z.unknown();
