/**
 * Turns edits into the text of policy files, a proposal into its commit message and its pull request body, and what came
 * of a command into its answer. Values in, text out: it never reads a repository, talks to a forge or asks the clock,
 * and everything that people and upstreams wrote is escaped before it reaches a page.
 */
export { type Answered, answerText } from './answer-text.ts';
export { applyEdits } from './apply-edits.ts';
export { buildBody } from './build-body.ts';
export { commitMessage, proposalMessage } from './commit-message.ts';
export { inlineCode, markdownText, plainLine } from './escape.ts';
export { type BodyOptions, proposalBody } from './proposal-body.ts';
