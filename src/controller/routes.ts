import type { HookReceiver, HookRequest } from './hooks.ts';

/** What the HTTP server answers: a decision, made without touching the world; `edge/listen` carries it out. */
export type Response =
  | { readonly kind: 'text'; readonly status: number; readonly type: string; readonly body: string }
  /** A file below the public directory; the server resolves it and refuses to leave the state directory. */
  | { readonly kind: 'file'; readonly path: string; readonly cache: 'immutable' | 'revalidate' }
  | { readonly kind: 'redirect'; readonly to: string };

export interface RouteView {
  /** False while the last pass halted. */
  readonly ready: () => boolean;
  readonly statusPage: () => Promise<string>;
  readonly statusJson: () => Promise<string>;
  readonly metrics: () => string;
  /** The log of one attempt at a build; undefined where there is none. */
  readonly buildLog: (key: string, attempt: number) => Promise<string | undefined>;
}

/** Answers one GET or HEAD request by its raw path (still percent-encoded, without the query). */
export async function route(view: RouteView, method: string, rawPath: string): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'This server only answers GET.\n');
  const path = decodePath(rawPath);
  if (path === undefined) return plain(404, 'Not found.\n');
  switch (path) {
    case '/':
      return html(await view.statusPage());
    case '/healthz':
      return plain(200, 'ok\n');
    case '/readyz':
      return view.ready() ? plain(200, 'ready\n') : plain(503, 'not ready\n');
    case '/metrics':
      return { kind: 'text', status: 200, type: 'text/plain; version=0.0.4', body: view.metrics() };
    case '/api/v1/status':
      return { kind: 'text', status: 200, type: 'application/json', body: await view.statusJson() };
  }
  const log = /^\/builds\/([0-9a-f]{64})\/([1-9]\d{0,5})\/build\.log$/.exec(path);
  if (log) return logAnswer(await view.buildLog(log[1] ?? '', Number(log[2])));
  if (path.startsWith('/api/') || path.startsWith('/hooks/')) return plain(404, 'Not found.\n');
  return { kind: 'file', path: path.slice(1), cache: cacheFor(path) };
}

function logAnswer(text: string | undefined): Response {
  return text === undefined ? plain(404, 'Not found.\n') : plain(200, text);
}

/** Answers one POST below `/hooks/`; without a receiver there is nothing there. */
export function routeHook(receiver: HookReceiver | undefined, request: HookRequest): Response {
  return receiver?.(request) ?? plain(404, 'Not found.\n');
}

/** undefined for everything that is not a plain path: encoded slashes, dots, NUL, backslashes, invalid UTF-8. */
function decodePath(raw: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(raw);
  } catch {
    return undefined;
  }
  if (/%2f|%5c/i.test(raw) || /[\u0000-\u001f\u007f\\]/.test(path) || !path.startsWith('/')) {
    return undefined;
  }
  const parts = path.split('/').slice(1);
  if (parts.some((p, i) => p === '.' || p === '..' || (p === '' && i < parts.length - 1))) {
    return undefined;
  }
  return path;
}

/** Packages and hash-named metadata never change under their name; everything else may. */
function cacheFor(path: string): 'immutable' | 'revalidate' {
  const hashNamed =
    /\/repodata\/[0-9a-f]{64}-/.test(path) || /\/Packages\/[0-9a-f]{2}\//.test(path);
  return hashNamed ? 'immutable' : 'revalidate';
}

function plain(status: number, body: string): Response {
  return { kind: 'text', status, type: 'text/plain; charset=utf-8', body };
}

function html(body: string): Response {
  return { kind: 'text', status: 200, type: 'text/html; charset=utf-8', body };
}
