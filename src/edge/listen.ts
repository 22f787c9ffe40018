import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { http } from './http.ts';

/** The same shape as `controller/routes` answers; declared here because edge is below it. */
export type Answerable =
  | { readonly kind: 'text'; readonly status: number; readonly type: string; readonly body: string }
  | { readonly kind: 'file'; readonly path: string; readonly cache: 'immutable' | 'revalidate' }
  | { readonly kind: 'redirect'; readonly to: string };

export interface ListenOptions {
  /** `host` and `port`, or a unix `socket` path. */
  readonly host?: string;
  readonly port?: number;
  readonly socket?: string;
  /** Bodies may be so long, default 64 KiB. */
  readonly bodyLimitBytes?: number;
  /** Files are served from below this folder; what a link resolves to must stay below `inside`. */
  readonly publicDirectory: string;
  readonly inside: string;
  readonly answer: (method: string, path: string, more: Asked) => Promise<Answerable>;
  /** Who takes POSTs below `/hooks/`, with their headers and raw bytes; nobody by default. */
  readonly hook?: (request: RawPost) => Answerable;
}

export interface Asked {
  readonly body: string;
  /** The header `Host`, as it came. */
  readonly host: string | undefined;
}

export interface RawPost {
  /** The rest of the path below `/hooks/`. */
  readonly name: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
}

export interface Listening {
  readonly address: string;
  close(): Promise<void>;
}

const bodyLimitBytes = 64 * 1024;
/** Forges send up to 25 MiB after large pushes; what is larger than this goes without its hint. */
const hookLimitBytes = 1024 * 1024;
const hookPath = '/hooks/';

/** Serves until closed. Slow or idle clients are cut off; an error in a handler is a 500 without details. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const server = http().createServer(
    { requestTimeout: 60_000, headersTimeout: 20_000 },
    (req, res) => {
      respond(options, req, res).catch(() => fail(res, 500));
    },
  );
  server.maxConnections = 4096;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (options.socket) server.listen(options.socket, resolve);
    else server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  return { address: addressOf(server), close: () => closed(server) };
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null) return '';
  if (typeof address === 'string') return address;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function respond(options: ListenOptions, req: IncomingMessage, res: ServerResponse) {
  const path = (req.url ?? '/').split('?')[0] ?? '/';
  const hook = req.method === 'POST' && path.startsWith(hookPath) ? options.hook : undefined;
  const body = await readBody(
    req,
    hook === undefined ? (options.bodyLimitBytes ?? bodyLimitBytes) : hookLimitBytes,
  );
  if (body === undefined) return fail(res, 413);
  const answer =
    hook === undefined
      ? await options.answer(req.method ?? 'GET', path, {
          body: body.toString('utf8'),
          host: req.headers.host,
        })
      : hook({ name: path.slice(hookPath.length), headers: req.headers, body });
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  );
  if (answer.kind === 'file') return sendFile(options, answer, { req, res });
  if (answer.kind === 'redirect') return res.writeHead(302, { location: answer.to }).end();
  res.writeHead(answer.status, { 'content-type': answer.type, 'cache-control': 'no-store' });
  res.end(req.method === 'HEAD' ? undefined : answer.body);
}

/** undefined when it is too large; what says so itself is not read at all. */
async function readBody(req: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) return undefined;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of req) {
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function sendFile(
  options: ListenOptions,
  answer: Extract<Answerable, { kind: 'file' }>,
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
) {
  const real = await realpath(join(options.publicDirectory, answer.path)).catch(() => undefined);
  if (real === undefined || !real.startsWith(`${options.inside}${sep}`)) return fail(res, 404);
  const info = await stat(real);
  if (!info.isFile()) return fail(res, 404);
  const etag = `"${info.ino.toString(16)}-${info.size.toString(16)}-${info.mtimeMs.toString(16)}"`;
  res.setHeader('etag', etag);
  res.setHeader('accept-ranges', 'bytes');
  res.setHeader('content-type', types[extname(real)] ?? 'application/octet-stream');
  res.setHeader(
    'cache-control',
    answer.cache === 'immutable' ? 'public, max-age=31536000, immutable' : 'no-cache',
  );
  if (req.headers['if-none-match'] === etag) return res.writeHead(304).end();
  const range = rangeOf(req.headers.range, info.size);
  if (range === 'unsatisfiable') {
    return res.writeHead(416, { 'content-range': `bytes */${info.size}` }).end();
  }
  const [start, end] = range ?? [0, info.size - 1];
  const headers = { 'content-length': String(end - start + 1) };
  if (range) res.setHeader('content-range', `bytes ${start}-${end}/${info.size}`);
  res.writeHead(range ? 206 : 200, headers);
  if (req.method === 'HEAD' || info.size === 0) return res.end();
  createReadStream(real, { start, end })
    .on('error', () => res.destroy())
    .pipe(res);
}

/** One byte range, RFC 9110 section 14; several ranges are answered with the whole file. */
function rangeOf(
  header: string | undefined,
  size: number,
): [number, number] | 'unsatisfiable' | undefined {
  const m = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!m || (m[1] === '' && m[2] === '')) return undefined;
  const start = m[1] === '' ? Math.max(0, size - Number(m[2])) : Number(m[1]);
  const end = m[1] === '' || m[2] === '' ? size - 1 : Math.min(Number(m[2]), size - 1);
  return start > end || start >= size ? 'unsatisfiable' : [start, end];
}

const types: Readonly<Record<string, string>> = {
  '.xml': 'text/xml',
  '.gz': 'application/gzip',
  '.zst': 'application/zstd',
  '.rpm': 'application/x-rpm',
  '.asc': 'application/pgp-signature',
  '.key': 'application/pgp-keys',
  '.repo': 'text/plain; charset=utf-8',
  '.json': 'application/json',
};

function fail(res: ServerResponse, status: number): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const text = status === 404 ? 'Not found.\n' : status === 413 ? 'Too large.\n' : 'Failed.\n';
  res.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}
