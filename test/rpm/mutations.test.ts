import { describe, expect, it } from 'vitest';
import { inspectPackage, judgePackage, readKeyring } from '../../src/rpm/index.ts';
import { certificate } from '../support/certificate-writer.ts';
import { writeKey } from '../support/openpgp-writer.ts';
import { type RpmRecipe, writeRpm } from '../support/rpm-writer.ts';
import { made, overHeader, overWhole, rules } from '../support/signed-package.ts';

/** A small generator of its own, so that a failing seed can be repeated (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function mutate(bytes: Buffer, next: () => number): Buffer {
  const at = Math.floor(next() * bytes.length);
  const size = 1 + Math.floor(next() * 8);
  const kind = Math.floor(next() * 5);
  const copy = Buffer.from(bytes);
  if (kind === 0) return copy.subarray(0, at);
  if (kind === 1) return Buffer.concat([copy.subarray(0, at), copy.subarray(at + size)]);
  if (kind === 2)
    return Buffer.concat([copy.subarray(0, at), copy.subarray(at, at + size), copy.subarray(at)]);
  for (let n = at; n < Math.min(at + size, copy.length); n += 1) {
    copy.writeUInt8(kind === 3 ? Math.floor(next() * 256) : copy.readUInt8(n) ^ (1 << (n % 8)), n);
  }
  return copy;
}

describe('mutations of a valid package', () => {
  it('[D13] 10,000 seeded ones crash nothing and change nothing that is signed', async () => {
    const key = writeKey('rsa2048', made);
    const sign: RpmRecipe['sign'] = (h, p) => [...overHeader(key)(h), ...overWhole(key)(h, p)];
    const { bytes, headerStart } = writeRpm({ sign });
    const keyring = await readKeyring([{ path: 'keys/vendor.asc', text: certificate(key) }]);
    const original = inspectPackage(bytes);
    const counts = { accepted: 0, refused: 0 };
    for (let seed = 0; seed < 10_000; seed += 1) {
      const mutation = mutate(bytes, random(seed));
      const found = attempt(mutation, (b) => {
        const inspection = inspectPackage(b);
        return { inspection, verdict: judgePackage(inspection, keyring, rules) };
      });
      if (found?.verdict.kind !== 'accepted') {
        counts.refused += 1;
        continue;
      }
      counts.accepted += 1;
      // What nobody signs may differ; then the digest does too, which the metadata pins.
      const same = mutation.equals(bytes);
      expect(found.inspection.sha256 === original.sha256, `seed ${seed}`).toBe(same);
      expect(found.inspection.headerBytes, `seed ${seed}`).toEqual(original.headerBytes);
      const signedPart = mutation.subarray(mutation.length - (bytes.length - headerStart));
      expect(signedPart.equals(bytes.subarray(headerStart)), `seed ${seed}`).toBe(true);
    }
    expect(counts.accepted).toBeGreaterThan(0);
    expect(counts.refused).toBeGreaterThan(8000);
  });
});

function attempt<T>(bytes: Buffer, work: (bytes: Buffer) => T): T | undefined {
  try {
    return work(bytes);
  } catch (error) {
    expect(error).toMatchObject({ name: 'Fault', code: 'PackageInvalid' });
    return undefined;
  }
}
