import { createServer, type Server, type Socket } from 'node:net';

/**
 * A loopback HTTP server that misbehaves as told. It writes raw bytes, because node:http would not lie about lengths.
 */
export type Behaviour =
  | {
      readonly kind: 'file';
      readonly body: Uint8Array | string;
      readonly headers?: readonly string[];
    }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: readonly string[] }
  /** Half of the body, then a reset. */
  | { readonly kind: 'trunc-rst'; readonly body: Uint8Array | string }
  /** Half of the body, no Content-Length, a clean end. */
  | { readonly kind: 'trunc-clean'; readonly body: Uint8Array | string }
  /** These header lines, then the body, then the end. */
  | { readonly kind: 'raw'; readonly head: string; readonly body: Uint8Array | string }
  | { readonly kind: 'endless' }
  | { readonly kind: 'drip'; readonly everyMs: number; readonly body?: Uint8Array }
  /** These bytes, then silence. */
  | { readonly kind: 'stall'; readonly body: Uint8Array | string }
  /** Accepts and never says anything. */
  | { readonly kind: 'silent' };

export interface BadServer {
  readonly url: string;
  /** `METHOD path` of every request, in order. */
  readonly requests: string[];
  /** Header lines of the requests, by index. */
  readonly heads: string[];
  close(): Promise<void>;
}

export type Router = (path: string, nth: number) => Behaviour | Promise<Behaviour>;

/** `nth` counts the requests for that path from 1. */
export async function badServer(route: Router): Promise<BadServer> {
  const requests: string[] = [];
  const heads: string[] = [];
  const counts = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let pending = '';
    socket.on('data', (data) => {
      pending += data.toString('latin1');
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = pending.slice(0, end);
      pending = pending.slice(end + 4);
      const [method = '', path = ''] = head.split(' ');
      const nth = (counts.get(path) ?? 0) + 1;
      counts.set(path, nth);
      requests.push(`${method} ${path}`);
      heads.push(head);
      void Promise.resolve(route(path, nth)).then((behaviour) => behave(socket, behaviour));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}/`,
    requests,
    heads,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

export const notFound: Behaviour = { kind: 'status', status: 404 };

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return address.port;
}

function behave(socket: Socket, behaviour: Behaviour): void {
  switch (behaviour.kind) {
    case 'file': {
      const body = Buffer.from(behaviour.body);
      socket.write(headOf(200, [`Content-Length: ${body.length}`, ...(behaviour.headers ?? [])]));
      socket.write(body);
      return;
    }
    case 'status':
      socket.write(headOf(behaviour.status, ['Content-Length: 0', ...(behaviour.headers ?? [])]));
      return;
    case 'trunc-rst': {
      const body = Buffer.from(behaviour.body);
      socket.write(headOf(200, [`Content-Length: ${body.length}`]));
      socket.write(body.subarray(0, body.length >> 1), () =>
        setTimeout(() => socket.resetAndDestroy(), 30),
      );
      return;
    }
    case 'trunc-clean': {
      const body = Buffer.from(behaviour.body);
      socket.end(
        Buffer.concat([
          Buffer.from(headOf(200, ['Connection: close'])),
          body.subarray(0, body.length >> 1),
        ]),
      );
      return;
    }
    case 'raw':
      socket.end(
        Buffer.concat([Buffer.from(`${behaviour.head}\r\n\r\n`), Buffer.from(behaviour.body)]),
      );
      return;
    case 'endless':
      socket.write(headOf(200, ['Connection: close']));
      pour(socket);
      return;
    case 'drip':
      socket.write(headOf(200, ['Connection: close']));
      drip(socket, behaviour.everyMs, behaviour.body ?? Buffer.alloc(1000, 'x'));
      return;
    case 'stall':
      socket.write(headOf(200, ['Connection: close']));
      socket.write(Buffer.from(behaviour.body));
      return;
    case 'silent':
      return;
  }
}

function headOf(status: number, lines: readonly string[]): string {
  return [`HTTP/1.1 ${status} Whatever`, ...lines, '', ''].join('\r\n');
}

function pour(socket: Socket): void {
  const zeros = Buffer.alloc(65536);
  const more = (): void => {
    while (!socket.destroyed && socket.write(zeros));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
}

function drip(socket: Socket, everyMs: number, body: Uint8Array): void {
  let at = 0;
  const timer = setInterval(() => {
    socket.write(body.subarray(at, at + 1));
    at += 1;
  }, everyMs);
  socket.on('close', () => clearInterval(timer));
}
