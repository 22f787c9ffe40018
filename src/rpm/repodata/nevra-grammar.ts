import { type Nevra, nevraText } from '../../model/index.ts';
import { metadataFault } from './xml-element.ts';

// What rpmbuild lets through for Name, Version and Release, without its macro characters (rpm manual, spec format).
const grammar: readonly (readonly ['name' | 'version' | 'release' | 'arch', RegExp])[] = [
  ['name', /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/],
  ['version', /^[A-Za-z0-9_][A-Za-z0-9._+~^]*$/],
  ['release', /^[A-Za-z0-9_][A-Za-z0-9._+~^]*$/],
  ['arch', /^[A-Za-z0-9][A-Za-z0-9_]*$/],
];
const maxEpoch = 2 ** 32 - 1;
// A file name with `.rpm` and a temporary suffix must fit into 255 bytes.
const maxFileName = 240;

/** Refuses names that rpm itself could not build: paths, options, shell, markup, direction marks. */
export function checkNevra(nevra: Nevra, source = 'package'): void {
  for (const [field, pattern] of grammar) {
    const value = nevra[field];
    if (value.length <= maxFileName && pattern.test(value)) continue;
    const shown =
      value.length > 100 ? `${value.slice(0, 100)}… (${value.length} characters)` : value;
    const expected = field === 'arch' ? 'letters and digits' : 'letters, digits and . _ + - ~ ^';
    throw metadataFault(source, `${field} of a package`, {
      expected,
      found: JSON.stringify(shown),
    });
  }
  if (!Number.isSafeInteger(nevra.epoch) || nevra.epoch < 0 || nevra.epoch > maxEpoch) {
    throw metadataFault(source, 'epoch of a package', { found: String(nevra.epoch) });
  }
  if (nevraText(nevra).length > maxFileName) {
    const expected = `at most ${maxFileName} characters`;
    throw metadataFault(source, 'length of a NEVRA', { expected, found: nevraText(nevra) });
  }
}
