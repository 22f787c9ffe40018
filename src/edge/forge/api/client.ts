import type { z } from 'zod';
import type { Fault } from '../../../model/index.ts';
import { answerFault, callFault, ratherLater, shapeFault, type Told } from './fault.ts';

/** Where a forge answers, and who we are there. */
export interface ApiOptions {
  /** Root of the REST interface, without a trailing slash. */
  readonly apiUrl: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Asked before each request, so that a renewed token counts at once. */
  readonly token: () => Promise<string>;
  /** A refused token is made anew once; the request is then asked again, for it was not carried out. */
  readonly renew?: () => Promise<void>;
  readonly userAgent: string;
  /** Headers that every request carries. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Try reads again and keep the distance between writes that the forge asks for; default true. Tests turn it off. */
  readonly patient?: boolean;
  /** The forge is on this machine and asks for no distance between writes. */
  readonly near?: boolean;
  readonly timeoutSeconds?: number;
}

export interface ApiCall<T> {
  /** `GET /repos/{owner}/{repo}/pulls`; owner and repo are filled in. */
  readonly route: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly answer: z.ZodType<T>;
  /** Statuses that are answers here, not faults; the data is then undefined. */
  readonly also?: readonly number[];
}

export interface ApiAnswer<T> {
  readonly status: number;
  readonly data: T | undefined;
  /** What the forge said of a status that is no success. */
  readonly message: string;
  readonly etag: string | undefined;
  /** There is a page after this one. */
  readonly more: boolean;
}

export interface Api {
  readonly options: ApiOptions;
  call<T>(call: ApiCall<T>): Promise<ApiAnswer<T>>;
  /** The data of a call that has no other answers. */
  get<T>(call: ApiCall<T>): Promise<T>;
}

/** A limit that lasts longer is left to the next pass. */
const longestWaitSeconds = 5;
const readRetries = 2;

/**
 * One forge's REST interface through octokit. Reads are tried again on 5xx; writes never are, because a forge may have
 * done what it then fails to tell. Every answer is parsed, every failure is a Fault, and no Fault holds a token.
 */
export function apiClient(options: ApiOptions): Api {
  const [owner, repo] = options.repository.split('/');
  let connected: Promise<Octokit> | undefined;
  const call = async <T>(asked: ApiCall<T>): Promise<ApiAnswer<T>> => {
    connected ??= connect(options);
    const octokit = await connected;
    const reads = asked.route.startsWith('GET ');
    const ask = () =>
      octokit
        .request(asked.route, {
          // What a route has no place for would become part of the query or the body.
          ...(asked.route.includes('{owner}') ? { owner, repo } : {}),
          ...asked.parameters,
          // A number above 0 here would have every refusal tried again at once.
          ...(reads ? {} : { request: { retries: 0 } }),
        })
        .then((response): Told => ({ ...response, status: response.status }))
        .catch((error: unknown) => told(options, asked.route, error));
    let said = await ask();
    if (said.status === 401 && options.renew !== undefined) {
      await options.renew();
      said = await ask();
    }
    const expected = said.status < 300 && said.status >= 200;
    if (!expected && !asked.also?.includes(said.status))
      throw answerFault(options, asked.route, said);
    const etag = said.headers.etag;
    const parsed = expected ? asked.answer.safeParse(said.data) : undefined;
    if (parsed?.success === false) throw shapeFault(options, asked.route, parsed.error);
    return {
      status: said.status,
      data: parsed?.data,
      message: said.message ?? '',
      etag: typeof etag === 'string' ? etag : undefined,
      more: /<[^>]+>;\s*rel="next"/.test(String(said.headers.link ?? '')),
    };
  };
  return {
    options,
    call,
    get: async (asked) => {
      const { data } = await call(asked);
      if (data === undefined) throw new Error('get is for calls without other answers');
      return data;
    },
  };
}

type Octokit = Awaited<ReturnType<typeof connect>>;

/** octokit takes a moment to load; commands without a forge do not wait for it. */
async function connect(options: ApiOptions) {
  const { Octokit } = await import('octokit');
  const { apiUrl, repository, userAgent, timeoutSeconds = 60 } = options;
  type Rest = readonly [options: unknown, octokit: unknown, tries: number];
  const soon = (after: number, ...[, , tries]: Rest) => tries < 1 && after <= longestWaitSeconds;
  const octokit = new Octokit({
    baseUrl: apiUrl,
    userAgent,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    request: {
      fetch: (url: string, init: RequestInit) =>
        fetch(url, {
          ...init,
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutSeconds * 1000),
        }),
    },
    throttle: {
      enabled: options.patient !== false && options.near !== true,
      // The queues are shared by everything in the process that has the same name.
      id: `${apiUrl} ${repository}`,
      onRateLimit: soon,
      onSecondaryRateLimit: soon,
    },
    retry: {
      enabled: options.patient !== false,
      retries: readRetries,
      doNotRetry: [304, 400, 401, 403, 404, 405, 409, 410, 412, 415, 422, 423, 429, 451],
    },
  });
  octokit.hook.before('request', async (request) => {
    request.headers.authorization = `token ${await options.token()}`;
    Object.assign(request.headers, options.headers);
  });
  return octokit;
}

/** What came back with a status is an answer; everything else is the way to the forge. */
function told(options: ApiOptions, route: string, error: unknown): Told | never {
  const answered = ratherLater(error);
  if (answered !== undefined) return answered;
  throw callFault(options, route, error) satisfies Fault;
}
