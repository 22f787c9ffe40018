import { afterEach, describe, expect, it } from 'vitest';
import { type FetchOptions, realFetch } from '../../../src/edge/fetch/index.ts';
import type { FetchLimits } from '../../../src/ports.ts';
import { type BadServer, badServer, notFound, type Router } from '../../support/bad-server.ts';
import { faultOf } from '../../support/fault-of.ts';

const quick: FetchOptions = {
  version: '1.2.3',
  connectSeconds: 1,
  firstByteSeconds: 0.3,
  idleSeconds: 0.3,
  totalSeconds: 2,
  rateWindowSeconds: 0.4,
  minBytesPerSecond: 1000,
  attempts: 3,
  retryDelaySeconds: 0.01,
  retryAfterCapSeconds: 0.05,
};
const roomy: FetchLimits = { maxBytes: 1_000_000 };

let server: BadServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(route: Router): Promise<BadServer> {
  server = await badServer(route);
  return server;
}

async function read(url: string, limits = roomy, options = quick): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of realFetch(options).open(url, limits)) parts.push(chunk);
  return Buffer.concat(parts).toString('latin1');
}

describe('a healthy server', () => {
  it('[B07] gives the body as it is stored, asks for no encoding and says who asks', async () => {
    const { url, heads } = await serve(() => ({
      kind: 'file',
      body: 'as stored',
      headers: ['Content-Encoding: gzip'],
    }));
    expect(await read(`${url}a`)).toBe('as stored');
    expect(heads[0]).toMatch(/User-Agent: sluice\/1\.2\.3/i);
    expect(heads[0]).toMatch(/Accept-Encoding: identity/i);
  });

  it('sends credentials to the origin of the address and to no other', async () => {
    const other = await badServer(() => ({ kind: 'file', body: 'there' }));
    const { url, heads } = await serve((path) =>
      path === '/a'
        ? { kind: 'status', status: 302, headers: ['Location: /b'] }
        : { kind: 'status', status: 302, headers: [`Location: ${other.url}c`] },
    );
    expect(await read(`${url.replace('//', '//user:pw@')}a`)).toBe('there');
    expect(heads.map((h) => /authorization: basic/i.test(h))).toEqual([true, true]);
    expect(other.heads[0]).not.toMatch(/authorization/i);
    await other.close();
  });

  it('closes the connection when the reader leaves early', async () => {
    const { url } = await serve(() => ({ kind: 'endless' }));
    for await (const chunk of realFetch(quick).open(url, { maxBytes: 1e9 })) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });

  it('ends at once with the reason when it is told to stop', async () => {
    const { url } = await serve(() => ({ kind: 'silent' }));
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(read(url, { ...roomy, signal: stop.signal })).rejects.toThrow('enough');
  });
});

describe('bodies that are cut or too long', () => {
  it('[B01] a reset inside the body is an unavailable upstream, never a short file', async () => {
    const { url } = await serve(() => ({ kind: 'trunc-rst', body: 'x'.repeat(1000) }));
    const fault = await faultOf(() => read(url, { maxBytes: 1000, sizeBytes: 1000 }));
    expect(fault.code).toBe('UpstreamUnavailable');
    expect(fault.found).toMatch(/cut|aborted/);
  });

  it('[B02] a clean end before the promised size is an incomplete transfer', async () => {
    const { url } = await serve(() => ({ kind: 'trunc-clean', body: 'x'.repeat(1000) }));
    const fault = await faultOf(() => read(url, { maxBytes: 1000, sizeBytes: 1000 }));
    expect(fault).toMatchObject({ code: 'UpstreamUnavailable', expected: '1000 bytes' });
    expect(fault.found).toContain('500 bytes');
  });

  it.each([
    ['too small', 'Content-Length: 3', /Content-Length|size/],
    ['too large', 'Content-Length: 99', /transfer|size|no more data|end/],
    ['negative', 'Content-Length: -1', /Content-Length/],
    ['given twice', 'Content-Length: 10\r\nContent-Length: 20', /Content-Length/],
  ])('[B03] a Content-Length that is %s is refused and named', async (_title, line, check) => {
    const body = '0123456789';
    const { url } = await serve(() => ({ kind: 'raw', head: `HTTP/1.1 200 OK\r\n${line}`, body }));
    const fault = await faultOf(() => read(url, { maxBytes: 10, sizeBytes: 10 }));
    expect(fault.check).toMatch(check);
    expect(['UpstreamUnavailable', 'ChecksumMismatch', 'TransferTooLarge']).toContain(fault.code);
  });

  it('[A07] endless data is cut at the cap', async () => {
    const { url } = await serve(() => ({ kind: 'endless' }));
    let received = 0;
    const fault = await faultOf(async () => {
      for await (const chunk of realFetch(quick).open(url, { maxBytes: 300_000 })) {
        received += chunk.length;
      }
    });
    expect(fault).toMatchObject({ code: 'TransferTooLarge', check: 'no more data than promised' });
    expect(received).toBeLessThanOrEqual(300_000);
  });

  it('[A07] too much is refused before the body when it is announced', async () => {
    const { url } = await serve(() => ({ kind: 'file', body: 'x'.repeat(20) }));
    const fault = await faultOf(() => read(url, { maxBytes: 10 }));
    expect(fault).toMatchObject({ code: 'TransferTooLarge', expected: 'at most 10 bytes' });
  });

  it('[B02] a file of another size than promised is refused before its body', async () => {
    const { url } = await serve(() => ({ kind: 'file', body: 'x'.repeat(20) }));
    const fault = await faultOf(() => read(url, { maxBytes: 100, sizeBytes: 10 }));
    expect(fault).toMatchObject({
      code: 'ChecksumMismatch',
      expected: '10 bytes',
      found: '20 bytes announced',
    });
  });
});

describe('time', () => {
  it('[B11] a server that never answers misses the first-byte deadline', async () => {
    const { url, requests } = await serve(() => ({ kind: 'silent' }));
    const fault = await faultOf(() => read(url, roomy, { ...quick, attempts: 2 }));
    expect(fault.code).toBe('UpstreamUnavailable');
    expect(fault.check).toContain('first byte');
    expect(requests).toHaveLength(2);
  });

  it('[B11] silence inside a body misses the idle deadline', async () => {
    const { url } = await serve(() => ({ kind: 'stall', body: 'abc' }));
    const fault = await faultOf(() => read(url));
    expect(fault.check).toContain('no pause inside the transfer');
  });

  it('[B11] [A08] the whole transfer has a deadline', async () => {
    const { url } = await serve(() => ({ kind: 'drip', everyMs: 20 }));
    const patient = { ...quick, minBytesPerSecond: 1 };
    const fault = await faultOf(() => read(url, { ...roomy, deadlineSeconds: 0.5 }, patient));
    expect(fault.check).toContain('the whole transfer');
  });

  it('[A08] a drip is refused by its rate', async () => {
    const { url } = await serve(() => ({ kind: 'drip', everyMs: 50 }));
    const fault = await faultOf(() => read(url));
    expect(fault.check).toContain('rate');
    expect(fault.expected).toBe('at least 1000 bytes per second');
  });

  it('[A08] a slow reader is not taken for a slow server', async () => {
    const { url } = await serve(() => ({ kind: 'file', body: 'x'.repeat(400_000) }));
    let received = 0;
    for await (const chunk of realFetch(quick).open(url, roomy)) {
      received += chunk.length;
      if (received < 200_000) await new Promise((r) => setTimeout(r, 200));
    }
    expect(received).toBe(400_000);
  });

  it('[B11] a refused connection and an unknown name say so', async () => {
    const { url } = await serve(() => notFound);
    await server?.close();
    expect((await faultOf(() => read(url))).found).toContain('ECONNREFUSED');
    const unknown = await faultOf(() => read('http://no-such-host.invalid/'));
    expect(unknown.check).toBe('the name of the server resolves');
  });
});

describe('status codes', () => {
  it('a missing file is told apart from a missing server and not asked for again', async () => {
    const { url, requests } = await serve(() => notFound);
    expect(await faultOf(() => read(url))).toMatchObject({
      code: 'UpstreamFileMissing',
      found: 'HTTP 404 Whatever',
    });
    expect(requests).toHaveLength(1);
  });

  it.each(['1', '31536000', '-5', 'Wed, 21 Oct 2065 07:28:00 GMT', 'soon'])(
    '[B10] Retry-After %s never makes us wait beyond the cap',
    async (value) => {
      const { url, requests } = await serve((_path, nth) =>
        nth < 3
          ? { kind: 'status', status: nth === 1 ? 429 : 503, headers: [`Retry-After: ${value}`] }
          : { kind: 'file', body: 'at last' },
      );
      const began = performance.now();
      expect(await read(url)).toBe('at last');
      expect(requests).toHaveLength(3);
      expect(performance.now() - began).toBeLessThan(1000);
    },
  );

  it('[B10] tries are bounded', async () => {
    const { url, requests } = await serve(() => ({ kind: 'status', status: 500 }));
    const fault = await faultOf(() => read(url));
    expect(fault).toMatchObject({ code: 'UpstreamUnavailable', found: 'HTTP 500 Whatever' });
    expect(requests).toHaveLength(3);
  });

  it('[B13] 304 to an unconditional request is no answer', async () => {
    const { url } = await serve(() => ({ kind: 'status', status: 304 }));
    expect((await faultOf(() => read(url))).found).toContain('304');
  });

  it('[B14] a bomb of header lines is a plain fault', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `X-${i}: ${'y'.repeat(90)}`);
    const { url } = await serve(() => ({ kind: 'file', body: 'x', headers: many }));
    expect((await faultOf(() => read(url))).found).toContain('HPE_HEADER_OVERFLOW');
  });

  it('[B04] a login page with status 200 is refused with its type and beginning', async () => {
    const body = '<!DOCTYPE html>\n<html><title>Please \u001b[31mlog in</title>'.padEnd(500, '.');
    const { url } = await serve(() => ({
      kind: 'file',
      body,
      headers: ['Content-Type: text/html'],
    }));
    const fault = await faultOf(() => read(url));
    expect(fault.check).toBe('the answer is the file, not a web page');
    expect(fault.found).toBe(`text/html: ${body.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 80)}`);
  });
});
