import type { HookReceiver, HookRequest } from './hooks.ts';
import { isNamed } from './named.ts';

/** What the HTTP server answers: a decision, made without touching the world; `edge/listen` carries it out. */
export type Response =
  | { readonly kind: 'text'; readonly status: number; readonly type: string; readonly body: string }
  /** A file below the public directory; the server resolves it and refuses to leave the state directory. */
  | { readonly kind: 'file'; readonly path: string; readonly cache: 'immutable' | 'revalidate' }
  | { readonly kind: 'redirect'; readonly to: string };

export interface RouteView {
  /** Names of machines by which its pages may be asked for: `isNamed`. */
  readonly names: () => Promise<readonly string[]>;
  /** False while the last pass halted. */
  readonly ready: () => boolean;
  readonly statusPage: () => Promise<string>;
  readonly statusJson: () => Promise<string>;
  readonly metrics: () => string;
  /** The log of one attempt at a build; undefined where there is none. */
  readonly buildLog: (key: string, attempt: number) => Promise<string | undefined>;
}

export interface Asking {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** The header `Host`. */
  readonly host?: string | undefined;
}

/** Answers one GET or HEAD request. Files are for everybody; what tells of the site, only by a name of this server. */
export async function route(view: RouteView, asking: Asking): Promise<Response> {
  const { method, host } = asking;
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'This server only answers GET.\n');
  const path = decodePath(asking.path);
  if (path === undefined) return plain(404, 'Not found.\n');
  if (isPage(path) && !isNamed(host, await view.names())) return plain(403, strangeName);
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

const isPage = (path: string): boolean =>
  path === '/' || path === '/metrics' || /^\/(api|builds)\//.test(path);

const strangeName =
  'This server is not known by that name. Ask by the name in site.url, or add yours to listen.names in controller.yaml.\n';

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
