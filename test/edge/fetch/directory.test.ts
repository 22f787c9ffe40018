import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { realFetch } from '../../../src/edge/fetch/index.ts';
import type { FetchLimits } from '../../../src/ports.ts';
import { faultOf } from '../../support/fault-of.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-fetch-'));
  mkdirSync(join(root, 'upstream/inner'), { recursive: true });
  mkdirSync(join(root, 'outside'));
  writeFileSync(join(root, 'upstream/plain.rpm'), 'plain');
  writeFileSync(join(root, 'upstream/inner/--x.rpm'), 'odd');
  writeFileSync(join(root, 'outside/secret.rpm'), 'secret');
  symlinkSync('plain.rpm', join(root, 'upstream/link.rpm'));
  symlinkSync('inner', join(root, 'upstream/inside'));
  symlinkSync('../outside', join(root, 'upstream/escape'));
  execFileSync('mkfifo', [join(root, 'upstream/pipe.rpm')]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function read(name: string, limits: Partial<FetchLimits> = {}): Promise<string> {
  const within = join(root, 'upstream/');
  const parts: Uint8Array[] = [];
  const bounds = { maxBytes: 1000, within, ...limits };
  for await (const chunk of realFetch().open(`${within}${name}`, bounds)) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

describe('a directory as an upstream', () => {
  it('gives regular files, also below a folder that is a link inside', async () => {
    expect(await read('plain.rpm')).toBe('plain');
    expect(await read('inside/--x.rpm')).toBe('odd');
  });

  it.each([
    ['link.rpm', 'symbolic link'],
    ['pipe.rpm', 'named pipe'],
    ['inner', 'directory'],
  ])('[D17] %s is refused as a %s and nothing hangs', async (name, kind) => {
    const fault = await faultOf(() => read(name));
    expect(fault).toMatchObject({ code: 'TransferRefused', found: kind });
  });

  it('[D17] a device is refused', async () => {
    const fault = await faultOf(async () => {
      for await (const _ of realFetch().open('/dev/zero', { maxBytes: 10 })) break;
    });
    expect(fault.found).toBe('device');
  });

  it('[D17] a folder that links out of the upstream is refused', async () => {
    const fault = await faultOf(() => read('escape/secret.rpm'));
    expect(fault).toMatchObject({ code: 'TransferRefused', found: join(root, 'outside') });
  });

  it('sizes are judged before a byte is read', async () => {
    expect((await faultOf(() => read('plain.rpm', { maxBytes: 4 }))).code).toBe('TransferTooLarge');
    expect((await faultOf(() => read('plain.rpm', { sizeBytes: 6 }))).code).toBe(
      'ChecksumMismatch',
    );
  });

  it('an absent file is told apart', async () => {
    expect((await faultOf(() => read('absent.rpm'))).code).toBe('UpstreamFileMissing');
  });

  it('other kinds of addresses are refused', async () => {
    const open = (url: string) => faultOf(async () => realFetch().open(url, { maxBytes: 1 }));
    expect((await open('file:///etc/passwd')).code).toBe('TransferRefused');
    expect((await open('relative/path')).code).toBe('TransferRefused');
  });
});
