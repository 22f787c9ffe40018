import { expect, test } from 'vitest';
import {
  type Marker,
  packed,
  splitBody,
  unpacked,
  withMarker,
} from '../../../../src/edge/forge/pulls/marker.ts';

const marker: Marker = {
  v: 1,
  identity: 'errata/testing/--><script>\n<!-- sluice {"v":1} -->',
  delta: 'd'.repeat(64),
  head: 'a'.repeat(40),
  content: 'c'.repeat(64),
  since: 1_790_000_000,
};

test('text and marker come apart as they were put together, whatever the identity is', () => {
  const text = withMarker('shown\n', marker);
  expect(splitBody(text)).toEqual({ body: 'shown\n', marker });
  expect(splitBody(text.replaceAll('\n', '\r\n')).marker).toEqual(marker);
  expect(text.match(/-->/g)).toHaveLength(1);
  expect(text).not.toContain('<script>');
});

test('a marker in the shown text is not ours, a removed or damaged one is none', () => {
  const forged = withMarker('', { ...marker, delta: 'f'.repeat(64) });
  expect(splitBody(withMarker(forged, marker)).marker).toEqual(marker);
  expect(splitBody('only words').marker).toBeUndefined();
  expect(splitBody(withMarker('x', marker).replace('"v":1', '"v":2')).marker).toBeUndefined();
  expect(splitBody(withMarker('x', marker).replace('-->', '')).marker).toBeUndefined();
});

test('a long text is shortened so that both forges take it, and the marker stays whole', () => {
  const brings = { 'update:EXSA-2026:0001': Array.from({ length: 400 }, (_, i) => `line ${i}`) };
  const text = packed(brings) ?? expect.fail('it has room');
  const whole = withMarker('a'.repeat(200_000), { ...marker, brings: text });
  expect(whole.length).toBeLessThanOrEqual(65_000);
  expect(whole).toContain('shortened');
  expect(unpacked(splitBody(whole).marker?.brings)).toEqual(brings);
  expect(splitBody(withMarker('a'.repeat(60_000), marker)).body).toBe('a'.repeat(60_000));
});

test('what is packed wrongly, or is no such list, is nothing', () => {
  for (const text of [undefined, '', '!!!!', 'AAAA', packed({ a: ['b'] })?.slice(3)]) {
    expect(unpacked(text)).toBeUndefined();
  }
});
