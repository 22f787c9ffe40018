import type { IncomingMessage } from 'node:http';
import { Fault } from '../../model/index.ts';
import { checkReach, type Reach, reachOf, redirectTarget, resolveHost } from './address.ts';
import type { HttpClient } from './connections.ts';
import { type Ask, sendRequest } from './request.ts';

export interface Answer {
  readonly url: URL;
  /** Status 200, body not yet read. */
  readonly response: IncomingMessage;
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const passing: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A trouble that may pass, and what the server says about when. */
export interface Passing {
  readonly fault: Fault;
  readonly retryAfter?: string;
}

/** Asks once for the headers of a 200, redirects followed and judged; what no second try mends is thrown. */
export async function answerOf(
  client: HttpClient,
  address: string,
  signal: AbortSignal | undefined,
): Promise<Answer | Passing> {
  try {
    return await followRedirects(client, address, signal);
  } catch (error) {
    return passingOf(error);
  }
}

/** Only an upstream that could not be reached, or stopped, is worth another try. */
export function passingOf(error: unknown): Passing {
  if (error instanceof Fault && error.code === 'UpstreamUnavailable') return { fault: error };
  throw error;
}

async function followRedirects(
  client: HttpClient,
  address: string,
  signal: AbortSignal | undefined,
): Promise<Answer | Passing> {
  const first = new URL(address);
  let url = first;
  let allowed: ReadonlySet<Reach> | undefined;
  for (let hop = 0; hop <= client.settings.maxRedirects; hop += 1) {
    const addresses = await resolveHost(url);
    if (allowed === undefined) allowed = new Set(addresses.map((a) => reachOf(a.address)));
    else checkReach(url, addresses, allowed);
    const response = await sendRequest(client, {
      url,
      addresses,
      ...credentialsFor(first, url),
      ...(signal === undefined ? {} : { signal }),
    });
    const status = response.statusCode ?? 0;
    if (status === 200) return { url, response };
    response.resume();
    if (!redirects.has(status)) return notTheFile(url, response);
    url = redirectTarget(url, response.headers.location, address);
  }
  throw new Fault('TransferRefused', {
    object: address,
    check: 'the redirects come to an end',
    expected: `at most ${client.settings.maxRedirects} redirects`,
    found: `one more, to ${url.href.slice(0, 200)}`,
    fix: 'Put the final address into `url` of the upstream.',
  });
}

/** Credentials in the policy's address are for that origin alone. */
function credentialsFor(first: URL, url: URL): Pick<Ask, 'credentials'> {
  if (first.username === '' || first.origin !== url.origin) return {};
  const plain = [first.username, first.password].map(decodeURIComponent).join(':');
  return { credentials: plain };
}

function notTheFile(url: URL, response: IncomingMessage): Passing {
  const status = response.statusCode ?? 0;
  const missing = status === 404 || status === 410;
  const fault = new Fault(missing ? 'UpstreamFileMissing' : 'UpstreamUnavailable', {
    object: url.href,
    check: 'the server gives the file',
    expected: 'HTTP 200',
    found: `HTTP ${status} ${response.statusMessage ?? ''}`.trimEnd(),
    fix: fixFor(status),
  });
  if (!passing.has(status)) throw fault;
  const retryAfter = response.headers['retry-after'];
  return retryAfter === undefined ? { fault } : { fault, retryAfter };
}

function fixFor(status: number): string {
  if (status === 401 || status === 403) return 'Check that this machine may read the upstream.';
  if (passing.has(status)) return 'Wait; the next sync tries again by itself.';
  return 'Check `url` of the upstream, and that the upstream is complete.';
}
