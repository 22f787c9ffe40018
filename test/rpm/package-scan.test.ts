import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { digestOf, Fault } from '../../src/model/index.ts';
import { inspectPackage, packageHeadLength, packageScanner } from '../../src/rpm/index.ts';
import { faultOf } from '../support/fault-of.ts';
import {
  int32,
  texts,
  type WrittenEntry,
  type WrittenRpm,
  writeHeader,
  writeRpm,
} from '../support/rpm-writer.ts';

const work = mkdtempSync(join(tmpdir(), 'sluice-scan-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const rpm = writeRpm();
const headerBytes = rpm.bytes.subarray(rpm.headerStart, rpm.payloadStart);

async function refusal(bytes: Uint8Array): Promise<Fault> {
  const fault = await faultOf(async () => inspectPackage(bytes, 'sample.rpm'));
  expect(fault.code).toBe('PackageInvalid');
  expect(fault.message).toContain('not a complete RPM');
  return fault;
}

function flipped(bytes: Buffer, at: number, bit = 1): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ bit, at);
  return copy;
}

describe('a whole package', () => {
  it('gives digest, size and metadata, in chunks of any size', () => {
    for (const size of [1, 7, 96, 1000, rpm.bytes.length]) {
      const scanner = packageScanner();
      for (let at = 0; at < rpm.bytes.length; at += size) {
        const chunk = Buffer.from(rpm.bytes.subarray(at, at + size));
        scanner.push(chunk);
        // The scanner may not rely on a buffer that the network layer uses again.
        chunk.fill(0);
      }
      const found = scanner.finish();
      expect(found.sha256).toBe(digestOf(rpm.bytes));
      expect(found.sizeBytes).toBe(rpm.bytes.length);
      expect(found.detail).toMatchObject({ name: 'sample', version: '1.0', arch: 'noarch' });
      expect(found.digests).toEqual({ header: ['sha1', 'sha256'], payloadInHeader: true });
      expect(found.signatures).toEqual([]);
    }
  });

  it('is one that the real rpm reads, so that the fixtures below are fair', () => {
    const path = join(work, 'sample.rpm');
    writeFileSync(path, rpm.bytes);
    const said = execFileSync('rpmkeys', ['-Kv', path]).toString();
    expect(said).toMatch(/Header SHA256 digest: OK[\s\S]*Payload SHA256 digest: OK/);
    const [start, end] = [rpm.headerStart, rpm.payloadStart];
    expect(packageHeadLength(rpm.bytes.subarray(0, 4096))).toBe(end);
    expect(inspectPackage(rpm.bytes).headerBytes).toEqual(rpm.bytes.subarray(start, end));
  });
});

describe('a damaged package', () => {
  it.each([
    ['header', () => rpm.headerStart + 20],
    ['header data', () => rpm.payloadStart - 40],
    ['first payload byte', () => rpm.payloadStart],
    ['last payload byte', () => rpm.bytes.length - 1],
  ])('[D03] is refused when one bit of the %s is flipped', async (_what, at) => {
    await refusal(flipped(rpm.bytes, at()));
  });

  it.each([
    ['100 bytes short', () => rpm.bytes.subarray(0, -100)],
    ['one byte short', () => rpm.bytes.subarray(0, -1)],
    ['half', () => rpm.bytes.subarray(0, rpm.bytes.length / 2)],
    ['cut in the header', () => rpm.bytes.subarray(0, rpm.headerStart + 100)],
    ['without its payload', () => rpm.bytes.subarray(0, rpm.payloadStart)],
    ['the lead only', () => rpm.bytes.subarray(0, 96)],
    ['empty', () => Buffer.alloc(0)],
    ['an HTML page', () => Buffer.from('<!DOCTYPE html><html><body>404 Not Found</body></html>')],
    ['two letters', () => Buffer.from('no')],
  ])('[D04] is refused when it is %s', async (_what, bytes) => {
    await refusal(bytes());
  });

  it.each(['sha1', 'sha256'] as const)(
    '[D03] is refused when its header %s differs',
    async (name) => {
      const start = rpm.bytes.indexOf(createHash(name).update(headerBytes).digest('hex'));
      const other = Buffer.from(rpm.bytes);
      other.write(other.toString('latin1', start, start + 1) === '0' ? '1' : '0', start);
      expect((await refusal(other)).check).toContain(`header ${name}`);
    },
  );

  it('[D05] is refused when bytes are appended', async () => {
    const fault = await refusal(Buffer.concat([rpm.bytes, Buffer.from('x')]));
    expect(fault.check).toContain('size');
    expect(fault.found).toBe(`${rpm.bytes.length - rpm.headerStart + 1} bytes`);
  });

  it('[D06] has another digest when only its lead is edited, which rpm does not notice', () => {
    const edited = Buffer.from(rpm.bytes);
    edited.write('other-9.9', 10);
    const path = join(work, 'lead.rpm');
    writeFileSync(path, edited);
    expect(execFileSync('rpmkeys', ['-K', path]).toString()).toContain('digests OK');
    const found = inspectPackage(edited);
    expect(found.sha256).not.toBe(digestOf(rpm.bytes));
    expect(found.sha256).toBe(digestOf(edited));
  });

  it('[D18] is refused when a text file that lists packages poses as one', async () => {
    const fault = await refusal(Buffer.from('/etc/passwd\nhttp://127.0.0.1/x.rpm\n'.repeat(20)));
    expect(fault.check).toContain('magic number');
  });
});

/** The sample with other words at an offset. */
function edited(offset: number, ...words: readonly number[]): Buffer {
  const copy = Buffer.from(rpm.bytes);
  for (const [n, word] of words.entries()) copy.writeInt32BE(word | 0, offset + n * 4);
  return copy;
}

/** The sample behind another signature header. */
function withSignature(header: Buffer): Buffer {
  const padding = Buffer.alloc((8 - (header.length % 8)) % 8);
  const { bytes, headerStart } = rpm;
  return Buffer.concat([bytes.subarray(0, 96), header, padding, bytes.subarray(headerStart)]);
}

describe('hostile headers', () => {
  const { headerStart } = rpm;
  const hostile: readonly [string, Buffer][] = [
    ['16 M signature entries', edited(96 + 8, 16_000_000)],
    ['2 GB of signature data', edited(96 + 12, 0x7fffffff)],
    ['4 GB of signature data', edited(96 + 12, 0xffffffff)],
    ['no signature entries', edited(96 + 8, 0)],
    ['16 M entries', edited(headerStart + 8, 16_000_000)],
    ['2 GB of data', edited(headerStart + 12, 0x7fffffff)],
    ['a negative offset', edited(headerStart + 16 + 32 + 8, -4)],
    ['an offset outside', edited(headerStart + 16 + 32 + 8, 0x00ffffff)],
    ['a huge count', edited(headerStart + 16 + 32 + 12, 0x7fffffff)],
    ['a count of zero', edited(headerStart + 16 + 32 + 12, 0)],
    ['an unknown type', edited(headerStart + 16 + 32 + 4, 77)],
    ['a null type', edited(headerStart + 16 + 32 + 4, 0)],
    ['a region of another size', edited(rpm.payloadStart - 8, -32)],
    ['a region that is positive', edited(rpm.payloadStart - 8, 32)],
    ['a region trailer of another tag', edited(rpm.payloadStart - 16, 62)],
    ['a region offset outside', edited(headerStart + 16 + 8, 0x7ffffff0)],
    ['a region that is no region', edited(headerStart + 16, 64)],
    ['a second region', edited(headerStart + 16 + 16, 63)],
    ['no magic', edited(headerStart, 0)],
    ['reserved bytes that are not zero', edited(headerStart + 4, 1)],
    ['a signature tag twice', withSignature(writeHeader(62, [int32(1000, 1), int32(1000, 1)]))],
    [
      'a size of text',
      withSignature(writeHeader(62, [{ tag: 1000, type: 6, count: 1, data: Buffer.from('9\0') }])),
    ],
    ['an MD5 of numbers', withSignature(writeHeader(62, [int32(1004, 1)]))],
    [
      '33 signature entries',
      withSignature(
        writeHeader(
          62,
          Array.from({ length: 33 }, (_, n) => int32(1100 + n, 1)),
        ),
      ),
    ],
    ['a huge count of numbers', withSignature(firstEntry(int32(1000, 1), 0x7fffffff))],
    ['one number too many', withSignature(firstEntry(int32(1000, 1), 6))],
    ['no numbers at all', withSignature(firstEntry(int32(1000, 1), 0))],
    ['more texts than there are', withSignature(firstEntry(texts(1100, ['a', 'b']), 400))],
    ['entries that overlap', withSignature(overlapping())],
    ['text that does not end', withSignature(unending())],
  ];

  it.each(hostile)('[D12] %s is refused', async (_what, bytes) => {
    // By the shape of the header, not only because a digest no longer fits.
    expect((await refusal(bytes)).check).toMatch(/(?:main|signature) header(?::| )/);
  });

  it('[D12] sizes are refused from their first bytes, before anything is kept for them', () => {
    const claims = edited(headerStart + 12, 64 * 1024 * 1024).subarray(0, headerStart + 16);
    const before = process.memoryUsage();
    const scanner = packageScanner();
    scanner.push(claims);
    scanner.push(Buffer.alloc(1024));
    const after = process.memoryUsage();
    // 64 MiB are allowed; only what arrives may be held.
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1024 * 1024);
    expect(() =>
      packageScanner().push(edited(headerStart + 8, 70_000).subarray(0, headerStart + 16)),
    ).toThrow(Fault);
    expect(() => packageHeadLength(edited(96 + 12, 0x7fffffff).subarray(0, 112))).toThrow(Fault);
  });
});

/** A signature header with one entry that claims another number of values. */
function firstEntry(entry: WrittenEntry, count: number): Buffer {
  const header = writeHeader(62, [entry]);
  header.writeUInt32BE(count, 16 + 16 + 12);
  return header;
}

function overlapping(): Buffer {
  const header = writeHeader(62, [int32(1000, 1), int32(1007, 1)]);
  header.writeInt32BE(header.readInt32BE(16 + 16 + 8), 16 + 32 + 8);
  return header;
}

function unending(): Buffer {
  const header = writeHeader(62, [{ tag: 269, type: 6, count: 1, data: Buffer.from('abcd') }]);
  return Buffer.from(header.fill(0x41, header.length - 20, header.length - 16));
}

describe('D07', () => {
  it('[D07] refuses a package in which no digest covers the payload', async () => {
    // The size is right and the header is whole, yet the payload could be any other of the same length.
    const stripped = withoutPayloadDigests(writeRpm({ payloadDigest: false }));
    const fault = await refusal(stripped);
    expect(fault.check).toContain('some digest covers the payload');
  });
});

function withoutPayloadDigests({ bytes }: WrittenRpm): Buffer {
  const copy = Buffer.from(bytes);
  const entries = copy.readUInt32BE(96 + 8);
  for (let n = 0; n < entries; n += 1) {
    const at = 96 + 16 + n * 16;
    if (copy.readUInt32BE(at) === 1004) copy.writeUInt32BE(1003, at);
  }
  return copy;
}
