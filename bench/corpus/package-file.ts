import { createCipheriv, createHash } from 'node:crypto';
import {
  int16,
  int32,
  localised,
  text,
  texts,
  type WrittenEntry,
  wrapHeader,
  writeHeader,
} from '../../test/support/rpm-writer.ts';
import { type Identity, identityOf } from './package-identity.ts';
import { type PackagedFile, packagedFiles } from './package-paths.ts';
import { type Relation, relationsOf } from './package-relations.ts';
import { exponential, hexDigits, pick, type Random, randomOf, wholeBelow } from './random.ts';
import { sentence, word } from './words.ts';

export interface CorpusPackage {
  readonly identity: Identity;
  /** `name-version-release.arch.rpm` */
  readonly fileName: string;
  readonly bytes: Buffer;
}

const meanPayloadBytes = 3700;
const daySeconds = 86_400;
const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
  Buffer.alloc(4 << 20),
);

/** One package: an RPM v4 file (rpm's "V4 package format") whose payload nobody can unpack, only hash. */
export function corpusPackage(index: number, revision: number): CorpusPackage {
  const identity = identityOf(index, revision);
  const random = randomOf(2, index, revision);
  const payload = payloadOf(random);
  const files = packagedFiles(identity, randomOf(3, index));
  const { provides, requires, recommends } = relationsOf(identity, randomOf(4, index));
  const header = writeHeader(63, [
    ...description(identity, random),
    ...fileEntries(files, { random, buildTime: identity.buildTime }),
    ...relationEntries(provides, [1047, 1112, 1113]),
    ...relationEntries(requires, [1049, 1048, 1050]),
    ...relationEntries(recommends, [5046, 5048, 5047]),
    ...changelog(identity, random),
    texts(5092, [createHash('sha256').update(payload).digest('hex')]),
    int32(5093, 8),
  ]);
  const { name, version, release, arch } = identity;
  const label = `${name}-${version}-${release}`;
  const { bytes } = wrapHeader({ label, header, payload });
  return { identity, fileName: `${label}.${arch}.rpm`, bytes };
}

function payloadOf(random: Random): Buffer {
  const length = Math.min(
    noise.length / 2,
    64 + Math.round(meanPayloadBytes * exponential(random)),
  );
  const start = wholeBelow(random, noise.length - length);
  return noise.subarray(start, start + length);
}

/** Tag numbers are those of rpm's rpmtag.h. */
function description(identity: Identity, random: Random): readonly WrittenEntry[] {
  const { name, stem, version, release, arch, buildTime } = identity;
  const paragraphs = Array.from({ length: 2 + wholeBelow(random, 5) }, () => sentence(random, 11));
  const licenses = ['MIT', 'GPL-2.0-or-later', 'LGPL-2.1-or-later', 'BSD-3-Clause', 'Apache-2.0'];
  return [
    texts(100, ['C']),
    text(1000, name),
    text(1001, version),
    text(1002, release),
    localised(1004, sentence(random, 6)),
    localised(1005, paragraphs.join('\n')),
    int32(1006, buildTime),
    text(1007, 'builder.example.org'),
    text(1011, 'Example'),
    text(1014, pick(random, licenses)),
    text(1015, 'Example Project'),
    localised(1016, 'Unspecified'),
    text(1020, `https://example.org/${stem}`),
    text(1021, 'linux'),
    text(1022, arch),
    text(1044, `${stem}-${version}-${release}.src.rpm`),
    text(1064, '4.18.0'),
    text(1124, 'cpio'),
    text(1125, 'zstd'),
    text(1126, '19'),
  ];
}

function fileEntries(
  files: readonly PackagedFile[],
  { random, buildTime }: { readonly random: Random; readonly buildTime: number },
): readonly WrittenEntry[] {
  const folders = [...new Set(files.map((file) => file.directory))];
  const numbers = new Map(folders.map((folder, n) => [folder, n]));
  const sizes = files.map(() => wholeBelow(random, 60_000));
  const same = <T>(value: T): readonly T[] => files.map(() => value);
  const has = (file: PackagedFile, type: number): boolean => (file.mode & 0o170000) === type;
  const digests = files.map((file) => (has(file, 0o100000) ? hexDigits(random, 64) : ''));
  return [
    int32(
      1009,
      sizes.reduce((sum, size) => sum + size, 0),
    ),
    int32(1028, ...sizes),
    int16(1030, ...files.map((file) => file.mode)),
    int16(1033, ...same(0)),
    int32(1034, ...same(buildTime)),
    texts(1035, digests),
    texts(
      1036,
      files.map((file) => (has(file, 0o120000) ? '../target' : '')),
    ),
    int32(1037, ...same(0)),
    texts(1039, same('root')),
    texts(1040, same('root')),
    int32(1045, ...same(0xffffffff)),
    int32(1095, ...same(1)),
    int32(1096, ...files.map((_, n) => n + 1)),
    texts(1097, same('')),
    int32(1116, ...files.map((file) => numbers.get(file.directory) ?? 0)),
    texts(
      1117,
      files.map((file) => file.name),
    ),
    texts(1118, folders),
    int32(5011, 8),
  ];
}

function relationEntries(
  relations: readonly Relation[],
  [names, flags, versions]: readonly [number, number, number],
): readonly WrittenEntry[] {
  if (relations.length === 0) return [];
  return [
    texts(
      names,
      relations.map((relation) => relation.name),
    ),
    int32(flags, ...relations.map((relation) => relation.flags)),
    texts(
      versions,
      relations.map((relation) => relation.version),
    ),
  ];
}

function changelog({ version, buildTime }: Identity, random: Random): readonly WrittenEntry[] {
  const ages = Array.from({ length: 10 }, (_, age) => age);
  const lines = () =>
    Array.from({ length: 1 + wholeBelow(random, 3) }, () => {
      return `- ${sentence(random, 3 + wholeBelow(random, 9))}`;
    });
  return [
    int32(1080, ...ages.map((age) => buildTime - age * 60 * daySeconds)),
    texts(
      1081,
      ages.map(
        (age) => `${sentence(random, 2)} <${word(random)}@example.org> - ${version}-${10 - age}`,
      ),
    ),
    texts(
      1082,
      ages.map(() => lines().join('\n')),
    ),
  ];
}
