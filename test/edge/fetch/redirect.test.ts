import { afterEach, describe, expect, it } from 'vitest';
import {
  checkReach,
  type Reach,
  reachOf,
  redirectTarget,
} from '../../../src/edge/fetch/address.ts';
import { realFetch } from '../../../src/edge/fetch/index.ts';
import { type BadServer, badServer } from '../../support/bad-server.ts';
import { faultOf } from '../../support/fault-of.ts';

let server: BadServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function read(url: string): Promise<string> {
  const parts: Uint8Array[] = [];
  const fetch = realFetch({ retryDelaySeconds: 0.01 });
  for await (const chunk of fetch.open(url, { maxBytes: 1000 })) parts.push(chunk);
  return Buffer.concat(parts).toString('latin1');
}

async function redirecting(location: string): Promise<string> {
  server = await badServer((path) =>
    path.startsWith('/end')
      ? { kind: 'file', body: 'end' }
      : { kind: 'status', status: 302, headers: [`Location: ${location}`] },
  );
  return `${server.url}start`;
}

describe('redirects', () => {
  it('are followed', async () => {
    expect(await read(await redirecting('/end'))).toBe('end');
  });

  it('[B05] a loop ends after five', async () => {
    const fault = await faultOf(async () => read(await redirecting('/start')));
    expect(fault).toMatchObject({ code: 'TransferRefused', expected: 'at most 5 redirects' });
    expect(server?.requests).toHaveLength(6);
  });

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/x', 'data:,x'])(
    '[B05] %s is not followed',
    async (location) => {
      const fault = await faultOf(async () => read(await redirecting(location)));
      expect(fault).toMatchObject({ code: 'TransferRefused', expected: 'http or https' });
      expect(server?.requests).toHaveLength(1);
    },
  );

  it('[B05] a redirect without an address is refused', async () => {
    server = await badServer(() => ({ kind: 'status', status: 301 }));
    const fault = await faultOf(() => read(server?.url ?? ''));
    expect(fault.found).toBe('no Location header');
  });

  it('[B05] https never becomes http', async () => {
    const from = new URL('https://mirror.example.org/a');
    const fault = await faultOf(async () =>
      redirectTarget(from, 'http://mirror.example.org/a', from.href),
    );
    expect(fault.expected).toContain('https');
    expect(redirectTarget(from, '/b', from.href).href).toBe('https://mirror.example.org/b');
  });

  it('[B05] nothing leads from a wider network into a closer one', async () => {
    const reaches: [string, Reach][] = [
      ['93.184.216.34', 'public'],
      ['2606:2800:220:1::1', 'public'],
      ['127.8.9.1', 'loopback'],
      ['::1', 'loopback'],
      ['0.0.0.0', 'loopback'],
      ['::ffff:127.0.0.1', 'loopback'],
      ['169.254.169.254', 'link-local'],
      ['fe80::1', 'link-local'],
      ['10.1.2.3', 'private'],
      ['172.31.0.1', 'private'],
      ['172.32.0.1', 'public'],
      ['192.168.0.9', 'private'],
      ['::ffff:192.168.0.9', 'private'],
      ['fd00::9', 'private'],
    ];
    const url = new URL('http://elsewhere.example/');
    for (const [address, reach] of reaches) {
      expect([address, reachOf(address)]).toEqual([address, reach]);
      const judge = (allowed: Reach[]) => async () =>
        checkReach(url, [{ address, family: 4 }], new Set(allowed));
      if (reach === 'public') await judge([])();
      else expect((await faultOf(judge(['public']))).found).toBe(`${reach} address ${address}`);
      await judge([reach])();
    }
  });
});
