import { expect, test } from 'vitest';
import { type RouteView, route } from '../../src/controller/index.ts';

const view: RouteView = {
  ready: () => false,
  statusPage: async () => '<p>page</p>',
  statusJson: async () => '{}',
  metrics: () => 'up 1\n',
  buildLog: async (key, attempt) => (attempt === 2 ? `log of ${key}\n` : undefined),
};

const get = (path: string) => route(view, 'GET', path);

test.each([
  '/../etc/passwd',
  '/el9/../../keys/site.key.asc',
  '/%2e%2e/keys/site.key.asc',
  '/el9/..%2f..%2fkeys',
  '/el9/%2e%2e/keys',
  '/a%00b',
  '/a\\b',
  '/%ff',
  '//keys/site.key.asc',
  '/./x',
])('[L08] %s is not found', async (path) => {
  expect(await get(path)).toMatchObject({ kind: 'text', status: 404 });
});

test('the log of a build is plain text, and nothing else of a build is served', async () => {
  const key = 'b'.repeat(64);
  expect(await get(`/builds/${key}/2/build.log`)).toEqual({
    kind: 'text',
    status: 200,
    type: 'text/plain; charset=utf-8',
    body: `log of ${key}\n`,
  });
  expect(await get(`/builds/${key}/1/build.log`)).toMatchObject({ status: 404 });
  expect(await get(`/builds/${key}/2/provenance.json`)).toMatchObject({ kind: 'file' });
});

test('files are named below the public folder; only hash-named ones may be kept by caches', async () => {
  const hash = 'a'.repeat(64);
  expect(await get('/production/x86_64/repodata/repomd.xml')).toEqual({
    kind: 'file',
    path: 'production/x86_64/repodata/repomd.xml',
    cache: 'revalidate',
  });
  expect(await get(`/production/x86_64/repodata/${hash}-primary.xml.gz`)).toMatchObject({
    cache: 'immutable',
  });
  expect(await get(`/production/x86_64/Packages/aa/${hash}/x.rpm`)).toMatchObject({
    cache: 'immutable',
  });
});

test('health is always told, readiness only when there is something to be ready with', async () => {
  expect(await get('/healthz')).toMatchObject({ status: 200 });
  expect(await get('/readyz')).toMatchObject({ status: 503 });
  expect(await route({ ...view, ready: () => true }, 'GET', '/readyz')).toMatchObject({
    status: 200,
  });
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH'])(
  '[L10] %s changes nothing anywhere',
  async (method) => {
    for (const path of ['/', '/api/v1/status', '/production/x86_64/repodata/repomd.xml']) {
      expect(await route(view, method, path)).toMatchObject({ status: 405 });
    }
  },
);
