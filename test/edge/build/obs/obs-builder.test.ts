import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { plainRecipe } from '../../../support/build-world.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { type HostileObs, hostileObs } from '../../../support/hostile-obs.ts';

/** That a real service works with this is in obs-builder.slow.test.ts; here is what one may do wrong. */
describe('a build service that is not to be trusted', () => {
  let service: HostileObs | undefined;
  afterEach(async () => service?.close());
  const spec = '%files\n';
  /** Of the results alone. */
  const setListing = (of: HostileObs, listing: string) =>
    of.answers.set('/build/x86_64/source', (request, response) => {
      response.end(/\/source$/.test(request.url ?? '') ? listing : '<buildinfo/>');
    });

  test.each([
    ['../../escape.rpm', 'no plain name'],
    ['/etc/cron.d/evil.rpm', 'no plain name'],
    ['-rf.rpm', 'no plain name'],
    ['a%2f..%2fb.rpm', 'no plain name'],
  ])('names a result %s: nothing is written', async (name, found) => {
    service = await hostileObs();
    const listing = `<binarylist><binary filename="${name}" size="4"/></binarylist>`;
    setListing(service, listing);
    const { answer, names, directory } = await service.build({ spec });
    expect(answer).toMatchObject({ kind: 'failed', code: 'BuildOutputRefused' });
    expect(answer).toMatchObject({ found: expect.stringContaining(found) });
    expect(names).toEqual([]);
    expect(existsSync(join(directory, 'escape.rpm'))).toBe(false);
  });

  test('sends more than it announced, or announces more than a build may bring', async () => {
    service = await hostileObs();
    const listing = (size: number) =>
      `<binarylist><binary filename="a-1-1.noarch.rpm" size="${size}"/></binarylist>`;
    service.answers.set('/a-1-1.noarch.rpm', 'more than four bytes');
    setListing(service, listing(4));
    expect((await faultOf(async () => service?.build({ spec }))).code).toBe('BuilderUnavailable');
    setListing(service, listing(2 ** 40));
    const { answer } = await service.build({ spec });
    expect(answer).toMatchObject({ kind: 'failed', code: 'BuildOutputRefused' });
  });

  test('has a log without end: its first and last part are kept, and no more is transferred', async () => {
    service = await hostileObs();
    service.answers.set('view=entry', '<directory><entry name="_log" size="1000000"/></directory>');
    service.answers.set('/_log', (request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      response.end('y'.repeat(Number(query.get('end')) - Number(query.get('start'))));
    });
    const { log } = await service.build({ spec, limits: { logBytes: 3000 } });
    expect(log).toContain('[sluice: 998000 bytes left out here]');
    expect(log.length).toBeLessThan(3500);
  });

  test.each([
    ['redirects', 302, 'BuilderUnsuitable'],
    ['forbids', 403, 'BuilderUnsuitable'],
    ['fails', 503, 'BuilderUnavailable'],
  ])('%s: nothing is built and the next step is said', async (_, status, code) => {
    service = await hostileObs();
    service.answers.set('/_config', (_request, response) => {
      response
        .writeHead(status, { location: 'http://127.0.0.1:1/' })
        .end('<status><summary>no</summary></status>');
    });
    service.answers.set('GET /source/sluice:root:', (_request, response) => {
      response.writeHead(404).end();
    });
    expect((await faultOf(async () => service?.build({ spec }))).code).toBe(code);
  });

  test('never reads the repositories, or never has a worker: the machine is to blame, not the package', async () => {
    service = await hostileObs();
    service.answers.set('view=names', '<binarylist/>');
    const unread = await faultOf(async () => service?.build({ spec }));
    expect(unread).toMatchObject({ code: 'BuilderUnavailable' });
    expect(unread.found).toContain(`/snapshots/${'c'.repeat(64)}/x86_64/`);
    service.answers.clear();
    service.answers.set(
      '/_result',
      '<resultlist><result><status code="scheduled"/></result></resultlist>',
    );
    const unbuilt = await faultOf(async () => service?.build({ spec }));
    expect(unbuilt).toMatchObject({ code: 'BuilderUnavailable' });
    // What was begun for it is taken away again.
    expect(service.asked.at(-1)).toMatch(
      /^DELETE \/source\/sluice:build:[0-9a-f]{16}-[0-9a-f]{8}$/,
    );
  });

  test('is given the password of the file, in a header and nowhere else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-obs-'));
    try {
      const passwordFile = join(folder, 'password');
      writeFileSync(passwordFile, 'correct horse\n');
      service = await hostileObs({ login: { user: 'robot', passwordFile } });
      await service.build({ spec });
      const header = `Basic ${Buffer.from('robot:correct horse').toString('base64')}`;
      expect(service.asked.filter((line) => !line.endsWith(header))).toEqual([]);
      expect(service.asked.filter((line) => /horse|user=/.test(line))).toEqual([]);
      rmSync(passwordFile);
      expect((await faultOf(async () => service?.build({ spec }))).code).toBe('ConfigInvalid');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('is not asked at all for a root or an argument that it has no word for', async () => {
    service = await hostileObs();
    const host = { root: { kind: 'host' } } as const;
    const args = { recipe: { ...plainRecipe, args: ['--nocheck'] } };
    for (const inputs of [host, args]) {
      const fault = await faultOf(async () => service?.build({ spec, inputs }));
      expect(fault.code).toBe('BuilderUnsuitable');
    }
    expect(service.asked.filter((line) => line.startsWith('PUT'))).toEqual([]);
  });
});
