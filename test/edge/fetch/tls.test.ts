import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realFetch } from '../../../src/edge/fetch/index.ts';
import { faultOf } from '../../support/fault-of.ts';

let directory: string;
const servers: Server[] = [];
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
});
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections();
  rmSync(directory, { recursive: true, force: true });
});

/** A server on loopback with a certificate of its own; gives its address and the certificate. */
async function secure(name: string, subject: string, made = '1 day ago') {
  const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-x509'];
  const names = ['-subj', '/CN=test', '-addext', `subjectAltName=${subject}`];
  const files = ['-keyout', key, '-out', cert, '-days', '30'];
  const command = ['openssl', 'req', ...kind, ...names, ...files];
  execFileSync('faketime', [made, ...command], { stdio: 'ignore' });
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = createServer(options, (_request, response) => response.end('secret'));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `https://127.0.0.1:${port}/`, authority: readFileSync(cert, 'utf8') };
}

async function read(url: string, authorities?: string): Promise<string> {
  const trust = authorities === undefined ? {} : { authorities };
  const fetch = realFetch({ ...trust, attempts: 1 });
  const parts: Uint8Array[] = [];
  for await (const chunk of fetch.open(url, { maxBytes: 100 })) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

describe('[B06] certificates', () => {
  it('of a trusted authority for the right name are accepted', async () => {
    const { url, authority } = await secure('good', 'IP:127.0.0.1');
    expect(await read(url, authority)).toBe('secret');
  });

  it('of nobody we know are refused, whatever the environment says', async () => {
    const { url } = await secure('unknown', 'IP:127.0.0.1');
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    const fault = await faultOf(() => read(url)).finally(() => {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    });
    expect(fault).toMatchObject({ code: 'CertificateInvalid', exit: 4 });
    expect(fault.found).toContain('SELF_SIGNED');
  });

  it('for another host are refused', async () => {
    const { url, authority } = await secure('other', 'DNS:elsewhere.example');
    const fault = await faultOf(() => read(url, authority));
    expect(fault).toMatchObject({ code: 'CertificateInvalid' });
    expect(fault.found).toContain('ALTNAME');
  });

  it('that have expired are refused', async () => {
    const { url, authority } = await secure('expired', 'IP:127.0.0.1', '90 days ago');
    expect((await faultOf(() => read(url, authority))).found).toContain('CERT_HAS_EXPIRED');
  });
});
