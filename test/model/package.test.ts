import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileNameOf, nevraText, parseNevra } from '../../src/model/index.ts';

test('the label is written as dnf writes it', () => {
  const nevra = { name: 'openssh', epoch: 0, version: '8.7p1', release: '38.el9', arch: 'x86_64' };
  expect(nevraText(nevra)).toBe('openssh-8.7p1-38.el9.x86_64');
  expect(nevraText({ ...nevra, epoch: 2 })).toBe('openssh-2:8.7p1-38.el9.x86_64');
  expect(fileNameOf({ ...nevra, epoch: 2 })).toBe('openssh-8.7p1-38.el9.x86_64.rpm');
});

test('a label that was written is read back', () => {
  const word = (characters: string) =>
    fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 8 });
  const label = fc.record({
    name: word('abz019-+_.'),
    epoch: fc.nat(),
    version: word('az09.~^_+'),
    release: word('az09.~^_+'),
    arch: word('ax86_4'),
  });
  fc.assert(
    fc.property(label, (nevra) => {
      expect(parseNevra(nevraText(nevra))).toEqual(nevra);
    }),
  );
});

test('what is no label is undefined', () => {
  for (const text of ['', 'openssh', 'openssh-1', 'openssh-1-1', '-1-1.noarch']) {
    expect(parseNevra(text), text).toBeUndefined();
  }
});
