import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Listening, listen } from '../../src/edge/index.ts';

let root: string;
let server: Listening;

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-listen-')));
  mkdirSync(join(root, 'state/generations/1'), { recursive: true });
  mkdirSync(join(root, 'state/public'));
  writeFileSync(join(root, 'state/generations/1/repomd.xml'), '0123456789');
  writeFileSync(join(root, 'secret'), 'secret');
  symlinkSync('../generations/1', join(root, 'state/public/channel'));
  symlinkSync('../../secret', join(root, 'state/public/leak'));
  server = await listen({
    publicDirectory: join(root, 'state/public'),
    inside: join(root, 'state'),
    answer: async (_method, path, { body }) =>
      path === '/echo'
        ? { kind: 'text', status: 200, type: 'text/plain', body }
        : path === '/broken'
          ? Promise.reject(new Error('a detail nobody outside should see'))
          : { kind: 'file', path: path.slice(1), cache: 'revalidate' },
  });
});

afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${server.address}${path}`, { headers });

test('serves a file through the symlink of a channel, with ranges and revalidation', async () => {
  const whole = await get('/channel/repomd.xml');
  expect(await whole.text()).toBe('0123456789');
  expect(whole.headers.get('cache-control')).toBe('no-cache');
  const part = await get('/channel/repomd.xml', { range: 'bytes=2-4' });
  expect([part.status, await part.text()]).toEqual([206, '234']);
  const tail = await get('/channel/repomd.xml', { range: 'bytes=-3' });
  expect(await tail.text()).toBe('789');
  expect((await get('/channel/repomd.xml', { range: 'bytes=20-30' })).status).toBe(416);
  const etag = whole.headers.get('etag') ?? '';
  expect((await get('/channel/repomd.xml', { 'if-none-match': etag })).status).toBe(304);
});

test('[L08] a symlink out of the state directory is not followed, a folder is not listed', async () => {
  expect((await get('/leak')).status).toBe(404);
  expect((await get('/channel')).status).toBe(404);
  expect((await get('/absent')).status).toBe(404);
});

test('[L12] a failing handler tells nothing but that it failed', async () => {
  const response = await get('/broken');
  expect([response.status, await response.text()]).toEqual([500, 'Failed.\n']);
});

test('[L06] a large body is refused', async () => {
  const response = await fetch(`${server.address}/echo`, {
    method: 'POST',
    body: 'x'.repeat(100_000),
  });
  expect(response.status).toBe(413);
});
