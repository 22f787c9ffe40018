/**
 * Reads upstreams: http(s) addresses and absolute directories. Gives bytes exactly as they are stored there, bounded in
 * size, time and rate. Never decodes, never follows a redirect or a symlink out of what the policy names, never
 * accepts a certificate that does not verify.
 */
export { type FetchOptions, realFetch } from './real-fetch.ts';
