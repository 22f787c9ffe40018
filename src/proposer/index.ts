/**
 * Turns edits into the text of policy files, and a proposal into its commit message and its pull request body. Values
 * in, text out: it never reads a repository, talks to a forge or asks the clock, and everything that came from an
 * upstream is escaped before it reaches a page.
 */
export { applyEdits } from './apply-edits.ts';
export { buildBody } from './build-body.ts';
export { commitMessage, proposalMessage } from './commit-message.ts';
export { inlineCode, markdownText, plainLine } from './escape.ts';
export { type BodyOptions, proposalBody } from './proposal-body.ts';
