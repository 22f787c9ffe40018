/**
 * Pull requests on GitHub, through octokit. It writes no content by the interface, never repeats a write, and takes
 * nothing of an answer that it does not use.
 */
export { githubApiUrl, githubForge } from './github-forge.ts';
