import { expect, test } from 'vitest';
import { digestOf, placeOfDigest, type Sha256 } from '../../src/model/index.ts';

const digests = Array.from({ length: 200 }, (_, n) => digestOf(`package ${n}`));
const listed = digests.map((sha256) => ({ sha256 }));

test('a digest is found where it stands, and not where it does not', () => {
  expect(digests.map((digest) => placeOfDigest(listed, digest))).toEqual([...digests.keys()]);
  expect(placeOfDigest(listed, digestOf('another'))).toBe(-1);
  expect(placeOfDigest([], digestOf('another'))).toBe(-1);
});

test('digests that begin alike are told apart', () => {
  const alike = ['0', '1', '2'].map((end) => `ffffffff${end.repeat(56)}` as Sha256);
  const list = alike.slice(0, 2).map((sha256) => ({ sha256 }));
  expect(alike.map((digest) => placeOfDigest(list, digest))).toEqual([0, 1, -1]);
});
