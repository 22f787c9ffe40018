import { expect, it } from 'vitest';
import { digestOf, type PackageDependencies, parseNevra } from '../../../src/model/index.ts';
import { isTouched, touchedNames } from '../../../src/rpm/index.ts';

function made(label: string, ...provides: readonly string[]): PackageDependencies {
  const nevra = parseNevra(label);
  if (!nevra) throw new Error(label);
  const own = provides.map((name) => ({ name }));
  return {
    sha256: digestOf(label),
    nevra,
    requires: [],
    provides: own,
    files: ['/etc/a', '/opt/b'],
  };
}

const touchedBy = (left: PackageDependencies, entered: PackageDependencies) => {
  const touched = touchedNames({ entered: [entered], left: [left], paths: [] });
  return (name: string): boolean => isTouched({ name }, touched);
};

it('what a new version provides as the old one did touches only who asks which package it is', () => {
  const isAsked = touchedBy(
    made('a-1-1.x86_64', 'same', 'old'),
    made('a-2-1.x86_64', 'same', 'new'),
  );
  expect(['same', '/etc/a', '/opt/b', 'other', 'rpmlib(same)'].filter(isAsked)).toEqual([]);
  expect(['old', 'new'].filter(isAsked)).toEqual(['old', 'new']);
  expect(['(same with x)', '(x without /etc/a)', '(x if y)'].filter(isAsked)).toEqual([
    '(same with x)',
    '(x without /etc/a)',
  ]);
});

it('another arch is another provider, and a source package is none', () => {
  expect(touchedBy(made('a-1-1.x86_64', 'lib'), made('a-1-1.aarch64', 'lib'))('lib')).toBe(true);
  expect(touchedBy(made('a-1-1.x86_64', 'lib'), made('a-1-1.i686', 'lib'))('lib')).toBe(false);
  expect(touchedBy(made('a-1-1.src', 'lib'), made('b-1-1.src'))('lib')).toBe(false);
});
