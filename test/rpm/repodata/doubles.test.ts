import { describe, expect, it } from 'vitest';
import { findDoubles } from '../../../src/rpm/index.ts';

const named = (version: string, hex: string, href = `${version}-${hex}.rpm`) => ({
  nevra: { name: 'tree', epoch: 0, version, release: '1', arch: 'noarch' },
  checksum: { type: 'sha256', hex } as const,
  href,
});

describe('packages that are offered twice', () => {
  it('[C14] one NEVRA with two digests: both are shown', () => {
    const [a, b, other] = [named('1', 'aa'), named('1', 'bb'), named('2', 'aa')];
    const doubles = findDoubles([a, other, b]);
    expect(doubles.clashes).toEqual([[a, b]]);
    expect(doubles.repeated).toEqual([]);
    expect(doubles.unique).toEqual([a, other, b]);
  });

  it('[C14] one NEVRA with one digest: taken once, with a note', () => {
    const [a, again] = [named('1', 'aa', 'x.rpm'), named('1', 'aa', 'y.rpm')];
    const doubles = findDoubles([a, again]);
    expect(doubles).toEqual({ unique: [a], repeated: [again], clashes: [], sharedHrefs: [] });
  });

  it('one location with two digests is shown', () => {
    const [a, b] = [named('1', 'aa', 'x.rpm'), named('2', 'bb', 'x.rpm')];
    expect(findDoubles([a, b]).sharedHrefs).toEqual([[a, b]]);
  });
});
