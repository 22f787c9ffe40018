import {
  type Capability,
  type Identity,
  identityOf,
  mainCapability,
  soName,
} from './package-identity.ts';
import { exponential, type Random, wholeBelow } from './random.ts';
import { vocabulary } from './words.ts';

/** One dependency as the header has it: RPMSENSE flags and `version[-release]`. */
export interface Relation {
  readonly name: string;
  readonly flags: number;
  readonly version: string;
}

export interface Relations {
  readonly provides: readonly Relation[];
  readonly requires: readonly Relation[];
  readonly recommends: readonly Relation[];
}

/** RPMSENSE_… of rpm's rpmds.h. */
const sense = { equal: 8, atLeast: 12, rpmlib: 0x0100000a, found: 0x4000, interpreter: 0x500 };
const rpmlib: readonly (readonly [string, string])[] = [
  ['CompressedFileNames', '3.0.4-1'],
  ['FileDigests', '4.6.0-1'],
  ['PayloadFilesHavePrefix', '4.0-1'],
  ['PayloadIsZstd', '5.4.18-1'],
];
/** Package 0 is the base system: it provides what everything needs. */
const baseSystem: readonly Capability[] = [
  ...['libc.so.6()(64bit)', 'libc.so.6(GLIBC_2.34)(64bit)', 'rtld(GNU_HASH)', '/bin/sh'].map(
    (name) => ({ name, version: '' }),
  ),
  { name: 'python(abi)', version: '3.12' },
];
const meanRequires = 6;
/** One in so many packages requires what nothing provides, so that a closure check has something to find. */
const brokenOneIn = 500;

export const isBroken = (index: number): boolean => index % brokenOneIn === brokenOneIn - 1;

export function relationsOf(identity: Identity, random: Random): Relations {
  return {
    provides: provided(identity, random).map(({ name, version }) => ({
      name,
      flags: version === '' ? 0 : sense.equal,
      version,
    })),
    requires: required(identity, random),
    recommends:
      random() < 0.1 && identity.index > 10
        ? [{ name: identityOf(wholeBelow(random, identity.index), 1).name, flags: 0, version: '' }]
        : [],
  };
}

function provided(identity: Identity, random: Random): readonly Capability[] {
  const { index, kind, stem, name, version, release, arch } = identity;
  const whole = `${version}-${release}`;
  const list: Capability[] = [{ name, version: whole }];
  if (arch === 'x86_64') list.push({ name: `${name}(x86-64)`, version: whole });
  const main = mainCapability(identity);
  if (main.name !== name) list.push(main);
  if (kind === 'lib') {
    const symbols = `${soName(identity)}(LIB${stem.toUpperCase()}_1.0)(64bit)`;
    list.push({ name: symbols, version: '' });
  }
  if (kind === 'python') list.push({ name: `python3.12dist(${stem})`, version });
  if (index === 0) list.push(...baseSystem);
  const bundled = random() < 0.05 ? wholeBelow(random, 40) : 0;
  for (let n = 0; n < bundled; n += 1) {
    const what = vocabulary[wholeBelow(random, vocabulary.length)];
    list.push({ name: `bundled(${what})`, version: `${wholeBelow(random, 9)}.${n}` });
  }
  return list;
}

/** Few packages are required by very many, most by few. */
function required({ index, kind, stem, arch }: Identity, random: Random): readonly Relation[] {
  const list: Relation[] = rpmlib.map(([name, version]) => ({
    name: `rpmlib(${name})`,
    flags: sense.rpmlib,
    version,
  }));
  const base = (name: string, flags: number, version = '') => list.push({ name, flags, version });
  if (arch === 'x86_64') {
    base('libc.so.6()(64bit)', sense.found);
    base('libc.so.6(GLIBC_2.34)(64bit)', sense.found);
    base('rtld(GNU_HASH)', sense.found);
  }
  if (kind === 'python') base('python(abi)', sense.equal, '3.12');
  if (random() < 0.3) base('/bin/sh', sense.interpreter);
  const count = Math.min(index, Math.floor(meanRequires * exponential(random)));
  for (let n = 0; n < count; n += 1) {
    const other = mainCapability(identityOf(Math.floor(random() ** 2.2 * index), 1));
    const versioned = other.version !== '' && random() < 0.6;
    if (versioned) base(other.name, sense.atLeast, other.version);
    else base(other.name, other.version === '' ? sense.found : 0);
  }
  if (isBroken(index)) base(`missing-${stem}`, 0);
  return list;
}
