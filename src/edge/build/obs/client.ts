import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { unavailable, unsuitable } from './obs-fault.ts';
import { authorization } from './password.ts';
import type { ObsOptions } from './settings.ts';

export interface ObsRequest {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Encoded by the client: nothing in a part leads into another one. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string | { readonly file: string };
  /** The answer is cut there: `BuilderUnavailable`. */
  readonly maxBytes?: number;
  /** 404 is an answer too: undefined. */
  readonly mayMiss?: boolean;
}

export interface ObsClient {
  /** The whole answer as text. */
  text(request: ObsRequest, signal: AbortSignal): Promise<string | undefined>;
  /** The answer as it comes, for something large. */
  stream(request: ObsRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
}

const answerLimitBytes = 32 * 1024 * 1024;

/** The interface of an Open Build Service; its answers are data of a stranger. No redirect is followed. */
export function obsClient(options: ObsOptions, requestSeconds: number): ObsClient {
  const { settings, version } = options;
  const stream: ObsClient['stream'] = async (request, signal) => {
    const { method = 'GET', mayMiss = false, maxBytes = answerLimitBytes } = request;
    const url = addressOf(settings.url, request, settings.login === undefined);
    const what = `${method} ${request.path.join('/')}`;
    const login = await authorization(settings.login);
    const late = AbortSignal.timeout(requestSeconds * 1000);
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.any([signal, late]),
      headers: {
        'User-Agent': `sluice/${version}`,
        ...(login === undefined ? {} : { Authorization: login }),
        ...(request.body === undefined ? {} : { 'Content-Type': 'application/octet-stream' }),
      },
      ...bodyOf(request.body),
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw unavailable(settings.url, `${what} is answered`, reasonOf(error));
    });
    if (response.status === 404 && mayMiss) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok) throw await refusal(settings.url, what, response);
    return limited(response, { what, maxBytes, object: settings.url, signal });
  };
  return {
    stream,
    text: async (request, signal) => {
      const body = await stream(request, signal);
      if (body === undefined) return undefined;
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

function addressOf(root: string, request: ObsRequest, atBackend: boolean): URL {
  const { method, path, query } = request;
  const url = new URL(`${root.replace(/\/+$/, '')}/${path.map(encodeURIComponent).join('/')}`);
  // A backend takes the name for its history from the query; the API knows it by the login.
  const all = { ...query, ...(atBackend && method === 'PUT' ? { user: 'sluice' } : {}) };
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value);
  return url;
}

function bodyOf(body: ObsRequest['body']): Pick<RequestInit, 'body'> & { duplex?: 'half' } {
  if (body === undefined) return {};
  if (typeof body === 'string') return { body };
  return { body: Readable.toWeb(createReadStream(body.file)), duplex: 'half' };
}

interface Limits {
  readonly what: string;
  readonly maxBytes: number;
  readonly object: string;
  readonly signal: AbortSignal;
}

async function* limited(response: Response, limits: Limits): AsyncGenerator<Uint8Array> {
  const { what, maxBytes, object, signal } = limits;
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        throw unavailable(object, `the answer to ${what} has at most ${maxBytes} bytes`, 'more');
      }
      yield chunk;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof TypeError || error instanceof DOMException
      ? unavailable(object, `the answer to ${what} comes to its end`, reasonOf(error))
      : error;
  }
}

async function refusal(object: string, what: string, response: Response): Promise<Error> {
  const { status } = response;
  const text = await response.text().catch(() => '');
  const said = /<summary>([^<]*)/.exec(text.slice(0, 10_000))?.[1]?.slice(0, 300) ?? '';
  const found = `${status} ${said}`.trim();
  if (status >= 500 || status === 408 || status === 429) {
    return unavailable(object, `${what} is answered`, found);
  }
  return unsuitable(object, `${what} is allowed`, found);
}

function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message.slice(0, 200) : 'no answer';
}
