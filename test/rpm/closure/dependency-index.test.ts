import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Dependency, digestOf, type PackageDependencies } from '../../../src/model/index.ts';
import { dependencyIndex } from '../../../src/rpm/index.ts';

const names = ['a', 'b', 'c', '/usr/bin/a', '/usr/share/b', '/opt/c'] as const;
const versioned = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  flags: fc.constantFrom<NonNullable<Dependency['flags']>>('LT', 'LE', 'EQ', 'GE', 'GT'),
  epoch: fc.constantFrom('0', '1'),
  version: fc.constantFrom('1', '2'),
  release: fc.constantFrom('1', '2'),
});
const plain = fc.record({ name: fc.constantFrom(...names) });
const operators = ['and', 'or', 'if', 'unless', 'with', 'without'] as const;
const rich = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom(...operators), fc.constantFrom(...names))
  .map(([left, operator, right]): Dependency => ({ name: `(${left} ${operator} ${right})` }));
const elsewise = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom(...names), fc.constantFrom(...names))
  .map(([a, b, c]): Dependency => ({ name: `(${a} if (${b} or ${c}) else ${c} >= 1)` }));

const somePackage = fc
  .record({
    arch: fc.constantFrom('noarch', 'x86_64', 'i686', 'aarch64', 'src'),
    requires: fc.array(fc.oneof(versioned, plain, rich, elsewise), { maxLength: 4 }),
    provides: fc.array(fc.oneof(versioned, plain), { maxLength: 3 }),
    files: fc.subarray(['/usr/bin/a', '/usr/share/b', '/opt/c', '/etc/d']),
  })
  .map(
    ({ arch, ...parts }): PackageDependencies => ({
      sha256: digestOf(JSON.stringify([arch, parts])),
      nevra: { name: 'p', epoch: 0, version: '1', release: '1', arch },
      ...parts,
    }),
  );

function fromNothing(packages: Iterable<PackageDependencies>) {
  const index = dependencyIndex();
  for (const one of packages) index.enter(one);
  for (const { sha256, files } of packages) index.addFiles(sha256, files);
  return index.findings();
}

test('an index that is asked in between finds in the end what one made anew finds', () => {
  const pool = fc.uniqueArray(somePackage, {
    minLength: 4,
    maxLength: 12,
    selector: (p) => p.sha256,
  });
  fc.assert(
    fc.property(pool, fc.array(fc.nat(3), { maxLength: 12 }), (packages, asked) => {
      const index = dependencyIndex();
      for (const [at, one] of packages.entries()) {
        index.enter(one);
        for (const { sha256, files } of packages.slice(0, at + 1)) index.addFiles(sha256, files);
        if (asked[at] === 0) {
          expect(index.findings()).toEqual(fromNothing(packages.slice(0, at + 1)));
        }
      }
      expect(index.findings()).toEqual(fromNothing(packages));
    }),
    { numRuns: 300 },
  );
});
