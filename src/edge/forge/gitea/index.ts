/**
 * Pull requests on Gitea and Forgejo, by octokit's request with their own routes. It writes no content by the
 * interface, never repeats a write, and takes nothing of an answer that it does not use.
 */
export { giteaApiUrl, giteaForge } from './gitea-forge.ts';
