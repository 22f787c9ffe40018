import type { Dependency, FileEntry, Nevra } from '../../model/index.ts';
import { checkNevra } from './nevra-grammar.ts';
import {
  childrenOf,
  elementFault,
  numberAttribute,
  requiredAttribute,
  requiredChild,
  type XmlElement,
} from './xml-element.ts';

/** Namespaces of the three package files (createrepo_c's output; there is no schema but the programs). */
export const packageRoots = {
  primary: { root: 'metadata', namespace: 'http://linux.duke.edu/metadata/common' },
  filelists: { root: 'filelists', namespace: 'http://linux.duke.edu/metadata/filelists' },
  other: { root: 'otherdata', namespace: 'http://linux.duke.edu/metadata/other' },
} as const;
export type PackageFile = keyof typeof packageRoots;

/** How one of the three package files must look as a whole. */
export function packageShape(type: PackageFile, source: string) {
  return { source, ...packageRoots[type], records: ['package'], countAttribute: 'packages' };
}

/** The NEVRA of a package from its `<version>` and the names beside it; checked against the grammar. */
export function nevraOf(element: XmlElement, name: string, arch: string): Nevra {
  const version = requiredChild(element, 'version');
  const nevra = {
    name,
    epoch: numberAttribute(version, 'epoch', 0),
    version: requiredAttribute(version, 'ver'),
    release: requiredAttribute(version, 'rel'),
    arch,
  };
  checkNevra(nevra, `${element.source}, line ${element.line}`);
  return nevra;
}

export function filesOf(parent: XmlElement): readonly FileEntry[] {
  return childrenOf(parent, 'file').map((file) => {
    const type = file.attributes.type ?? 'file';
    if (type !== 'file' && type !== 'dir' && type !== 'ghost') {
      throw elementFault(file, 'type of a file', { found: type, expected: 'file, dir or ghost' });
    }
    return { path: file.text, type };
  });
}

/** Entries of `<rpm:provides>` and its kin. */
export function dependenciesOf(list: XmlElement | undefined): readonly Dependency[] {
  return childrenOf(list, 'rpm:entry').map((entry) => {
    const { flags, epoch, ver, rel, pre } = entry.attributes;
    return {
      name: requiredAttribute(entry, 'name'),
      ...(flags === undefined ? {} : { flags: flagsOf(entry, flags) }),
      ...(epoch === undefined ? {} : { epoch }),
      ...(ver === undefined ? {} : { version: ver }),
      ...(rel === undefined ? {} : { release: rel }),
      ...(pre === '1' || pre?.toLowerCase() === 'true' ? { pre: true as const } : {}),
    };
  });
}

function flagsOf(entry: XmlElement, text: string): NonNullable<Dependency['flags']> {
  if (text === 'LT' || text === 'LE' || text === 'EQ' || text === 'GE' || text === 'GT')
    return text;
  throw elementFault(entry, 'flags of a dependency', {
    found: text,
    expected: 'LT, LE, EQ, GE or GT',
  });
}
