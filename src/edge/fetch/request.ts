import type { ClientRequest, IncomingMessage } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';
import { Fault } from '../../model/index.ts';
import { http, https } from '../http.ts';
import type { Resolved } from './address.ts';
import type { HttpClient } from './connections.ts';
import { transportFault } from './transport-fault.ts';

export interface Ask {
  readonly url: URL;
  /** Already resolved and judged; the only addresses that are connected to. */
  readonly addresses: readonly Resolved[];
  /** `user:password` for the origin that the policy names, and no other. */
  readonly credentials?: string;
  readonly signal?: AbortSignal;
}

/** One request up to the headers of its answer; every wait has its own deadline, named when it passes. */
export function sendRequest(client: HttpClient, ask: Ask): Promise<IncomingMessage> {
  const { settings } = client;
  return new Promise((resolve, reject) => {
    const request = start(client, ask);
    const waiting = stopwatch((wait, seconds) => {
      request.destroy();
      reject(tookTooLong(ask.url, wait, seconds));
    });
    request.on('socket', (socket) => {
      waiting.expect('a connection', settings.connectSeconds);
      whenConnected(request, socket, () =>
        waiting.expect('the first byte of the answer', settings.firstByteSeconds),
      );
    });
    request.on('response', (response) => {
      waiting.stop();
      resolve(response);
    });
    request.on('error', (error) => {
      waiting.stop();
      reject(ask.signal?.aborted ? ask.signal.reason : transportFault(ask.url, error));
    });
    request.end();
  });
}

function start(client: HttpClient, ask: Ask): ClientRequest {
  const { url, addresses, credentials, signal } = ask;
  const secure = url.protocol === 'https:';
  const options = {
    agent: secure ? client.agents.https() : client.agents.http(),
    lookup: pinned(addresses),
    headers: {
      'User-Agent': `sluice/${client.settings.version}`,
      Accept: '*/*',
      'Accept-Encoding': 'identity',
    },
    ...(credentials === undefined ? {} : { auth: credentials }),
    ...(signal === undefined ? {} : { signal }),
  };
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return (secure ? https() : http()).request(plain, options);
}

/** A name service that knows what was resolved before and nothing else. */
function pinned(addresses: readonly Resolved[]): LookupFunction {
  return (_host, options, answer) => {
    const first = addresses[0];
    if (options.all || first === undefined) answer(null, [...addresses]);
    else answer(null, first.address, first.family);
  };
}

function whenConnected(request: ClientRequest, socket: Socket, then: () => void): void {
  if (request.reusedSocket || !socket.connecting) then();
  else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', then);
}

function stopwatch(late: (wait: string, seconds: number) => void) {
  let timer: NodeJS.Timeout | undefined;
  return {
    expect(wait: string, seconds: number): void {
      clearTimeout(timer);
      timer = setTimeout(() => late(wait, seconds), seconds * 1000);
    },
    stop(): void {
      clearTimeout(timer);
    },
  };
}

export function tookTooLong(url: URL, wait: string, seconds: number): Fault {
  return new Fault('UpstreamUnavailable', {
    object: url.href,
    check: `the server is fast enough: ${wait}`,
    expected: `within ${seconds} s`,
    found: 'nothing in that time',
    fix: 'Check the server and the network; the next sync tries again by itself.',
  });
}
