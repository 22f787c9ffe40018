import { expect, test } from 'vitest';
import { type RouteView, route } from '../../src/controller/index.ts';

const view: RouteView = {
  names: async () => ['repo.example.org', 'status.example.org'],
  ready: () => false,
  statusPage: async () => '<p>page</p>',
  statusJson: async () => '{}',
  metrics: () => 'up 1\n',
  buildLog: async (key, attempt) => (attempt === 2 ? `log of ${key}\n` : undefined),
};

const get = (path: string, host?: string) => route(view, { method: 'GET', path, host });

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
  expect(
    await route({ ...view, ready: () => true }, { method: 'GET', path: '/readyz' }),
  ).toMatchObject({
    status: 200,
  });
});

test.each(['POST', 'PUT', 'DELETE', 'PATCH'])(
  '[L10] %s changes nothing anywhere',
  async (method) => {
    for (const path of ['/', '/api/v1/status', '/production/x86_64/repodata/repomd.xml']) {
      expect(await route(view, { method, path })).toMatchObject({ status: 405 });
    }
  },
);

test.each([
  undefined,
  'repo.example.org',
  'Status.Example.org:8080',
  'repo.example.org.',
  '192.0.2.7:8080',
  '[2001:db8::7]:8080',
  'localhost:8080',
  'sluice',
])('pages are told to who asks by a name of this server: %s', async (host) => {
  expect(await get('/', host)).toMatchObject({ status: 200 });
  expect(await get('/api/v1/status', host)).toMatchObject({ status: 200 });
});

test.each([
  'evil.example.net',
  'repo.example.org.evil.example.net',
  '192.0.2.7.evil.example.net:80',
])(
  '[L09] a name that somebody else lets lead here learns nothing of the site: %s',
  async (host) => {
    const key = 'b'.repeat(64);
    for (const path of ['/', '/api/v1/status', '/metrics', `/builds/${key}/2/build.log`]) {
      expect(await get(path, host)).toMatchObject({ kind: 'text', status: 403 });
    }
    expect(await get('/healthz', host)).toMatchObject({ status: 200 });
    expect(await get('/production/x86_64/repodata/repomd.xml', host)).toMatchObject({
      kind: 'file',
    });
  },
);
