import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalDigest, canonicalJson, digestOf, sha256Of } from '../../src/model/index.ts';

test('canonical JSON sorts keys at every depth and leaves out what is undefined', () => {
  const value = { b: [{ z: 1, a: undefined }, 'ä"\n'], a: null };
  expect(canonicalJson(value)).toBe('{"a":null,"b":[{"z":1},"ä\\"\\n"]}');
});

test('keys are ordered by UTF-16 code units, as RFC 8785 asks', () => {
  // U+1F600 starts with a surrogate (D83D) and so comes before U+FB33.
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
  const object = Object.fromEntries(keys.map((key) => [key, 0]));
  const order = [...canonicalJson(object).matchAll(/"((?:[^"\\]|\\.)+)":/g)].map((m) => m[1]);
  expect(order).toEqual(['\\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33']);
});

test('the order in which an object was made does not matter, any other change does', () => {
  const dictionary = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()));
  fc.assert(
    fc.property(dictionary, (object) => {
      const turned = Object.fromEntries(Object.entries(object).toReversed());
      expect(canonicalDigest(turned)).toBe(canonicalDigest(object));
      expect(canonicalDigest({ ...object, more: 'x' })).not.toBe(
        canonicalDigest({ ...object, more: 'y' }),
      );
      expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)));
    }),
  );
});

test('numbers that JSON cannot carry exactly are a mistake of ours', () => {
  expect(() => canonicalJson({ size: 0.5 })).toThrow('not a safe integer');
  expect(() => canonicalJson([2 ** 53])).toThrow('not a safe integer');
});

test('a digest is 64 hex digits', () => {
  expect(digestOf('')).toMatch(/^e3b0c44298fc1c14/);
  expect(sha256Of('AB'.repeat(32))).toBe('ab'.repeat(32));
  for (const bad of ['', 'ab', 'zz'.repeat(32), ` ${'ab'.repeat(32)}`]) {
    expect(() => sha256Of(bad)).toThrow('not a SHA-256');
  }
});
