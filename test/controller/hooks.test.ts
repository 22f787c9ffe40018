import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hookReceiver, routeHook } from '../../src/controller/index.ts';
import { type Listening, listen } from '../../src/edge/index.ts';

const secret = 'a secret of thirty-two characters';
const merged = (number = 1) =>
  Buffer.from(
    JSON.stringify({
      action: 'closed',
      pull_request: { number, merged: true, title: 'zażółć gęślą jaźń 更新' },
      repository: { full_name: 'Acme/Policy' },
    }),
  );

let server: Listening;
let hints = 0;

async function start(): Promise<void> {
  const hint = () => {
    hints++;
  };
  const receiver = hookReceiver({ name: 'github', repository: 'acme/policy', secret, hint });
  server = await listen({
    publicDirectory: '/nonexistent',
    inside: '/nonexistent',
    answer: async () => ({ kind: 'text', status: 404, type: 'text/plain', body: '' }),
    hook: (post) => routeHook(receiver, post),
  });
}

beforeEach(async () => {
  hints = 0;
  await start();
});
afterEach(() => server.close());

const sign = (body: Uint8Array, key = secret, algorithm = 'sha256') =>
  `${algorithm}=${createHmac(algorithm, key).update(body).digest('hex')}`;

/** One delivery as GitHub sends it; given headers win, undefined ones are left out. */
async function deliver(
  body: Uint8Array<ArrayBuffer>,
  change: Readonly<Record<string, string | undefined>> = {},
  path = '/hooks/github',
): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'pull_request',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': sign(body),
    ...change,
  };
  const given = Object.entries(headers).flatMap(([n, v]) => (v === undefined ? [] : [[n, v]]));
  const sent = { method: 'POST', body, headers: Object.fromEntries(given) };
  return (await fetch(`${server.address}${path}`, sent)).status;
}

test('[L01] only the right signature over SHA-256 opens, and nothing else is looked at before', async () => {
  const body = merged();
  const wrong = [
    undefined,
    '',
    'sha256=',
    sign(body).slice(0, -2),
    sign(body).replace('sha256=', ''),
    sign(body, 'another secret of the right length'),
    sign(merged(2)),
    sign(body, secret, 'sha1'),
    'sha256='.padEnd(71, '0'),
    `${sign(body)}, ${sign(body)}`,
  ];
  for (const signature of wrong) {
    expect(await deliver(body, { 'x-hub-signature-256': signature })).toBe(401);
  }
  const sha1 = { 'x-hub-signature-256': undefined, 'x-hub-signature': sign(body, secret, 'sha1') };
  expect(await deliver(body, sha1)).toBe(401);
  const nonsense = Buffer.from('{ not json');
  expect(await deliver(nonsense, { 'x-hub-signature-256': undefined })).toBe(401);
  expect(hints).toBe(0);
  expect(await deliver(body)).toBe(202);
  expect(hints).toBe(1);
});

test('[L01] without a secret there is no receiver', () => {
  const options = { name: 'github', repository: 'acme/policy', hint: () => {} } as const;
  expect(() => hookReceiver({ ...options, secret: '' })).toThrow();
  const request = { name: 'github', headers: {}, body: new Uint8Array() };
  expect(routeHook(undefined, request)).toMatchObject({ status: 404 });
});

test('[L02] the signature is over the bytes that came, not over what they mean', async () => {
  const body = merged();
  const spaced = Buffer.from(JSON.stringify(JSON.parse(body.toString('utf8')), null, 2));
  const ascii = Buffer.from(
    body
      .toString('utf8')
      .replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
  for (const other of [spaced, ascii]) {
    expect(JSON.parse(other.toString('utf8'))).toEqual(JSON.parse(body.toString('utf8')));
    expect(await deliver(other, { 'x-hub-signature-256': sign(body) })).toBe(401);
  }
  const packed = gzipSync(body);
  const gzip = { 'content-encoding': 'gzip' };
  expect(await deliver(packed, { ...gzip, 'x-hub-signature-256': sign(body) })).toBe(401);
  expect(await deliver(packed, gzip)).toBe(415);
  expect(hints).toBe(0);
  expect(await chunked(body)).toBe(202);
  expect(hints).toBe(1);
});

test('[L03] a delivery counts once: the same id, the same bytes under a new id, or much later', async () => {
  const body = merged();
  const id = { 'x-github-delivery': 'the-same-id' };
  for (let i = 0; i < 3; i++) expect(await deliver(body, id)).toBe(202);
  expect(hints).toBe(1);
  expect(await deliver(body)).toBe(202);
  expect(await deliver(merged(2), id)).toBe(202);
  expect(hints).toBe(1);
  for (let i = 10; i < 40; i++) await deliver(merged(i));
  expect(await deliver(body)).toBe(202);
  expect(hints).toBe(31);
});

test('[L02] what is signed and not understood is refused, and what is not about us is no hint', async () => {
  const other = Buffer.from(JSON.stringify({ repository: { full_name: 'mallory/policy' } }));
  for (const text of ['', '[]', '{"repository":"acme/policy"}', '{"repository":{}}', '"\\ud800']) {
    expect(await deliver(Buffer.from(text))).toBe(400);
  }
  expect(await deliver(Buffer.from([0x7b, 0xff, 0x7d]))).toBe(400);
  expect(await deliver(merged(), { 'x-github-delivery': undefined })).toBe(400);
  expect(await deliver(other)).toBe(202);
  expect(await deliver(merged(3), { 'x-github-event': 'ping' })).toBe(202);
  expect(await deliver(merged(4), {}, '/hooks/gitea')).toBe(404);
  expect(hints).toBe(0);
});

test('[L06] a body that says it is too large is not read', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const headers = { 'content-length': String(1e9), 'x-hub-signature-256': sign(merged()) };
    const call = request(`${server.address}/hooks/github`, { method: 'POST', headers }, (res) => {
      resolve(res.statusCode);
      call.destroy();
    });
    call.on('error', reject);
    call.flushHeaders();
  });
  expect(status).toBe(413);
  expect(hints).toBe(0);
});

/** The same bytes in pieces, without a length. */
function chunked(body: Uint8Array): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = {
      'x-github-event': 'push',
      'x-github-delivery': 'in-pieces',
      'x-hub-signature-256': sign(body),
    };
    const call = request(`${server.address}/hooks/github`, { method: 'POST', headers }, (res) => {
      res.resume();
      resolve(res.statusCode);
    });
    call.on('error', reject);
    for (let at = 0; at < body.length; at += 7) call.write(body.subarray(at, at + 7));
    call.end();
  });
}
