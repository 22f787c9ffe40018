import type { Dependency } from '../../src/model/index.ts';
import { int16, int32, localised, text, texts, wrapHeader, writeHeader } from './rpm-writer.ts';

export interface RelatedPackage {
  readonly name: string;
  readonly arch: string;
  readonly buildTime: number;
  readonly provides: readonly Dependency[];
  readonly requires: readonly Dependency[];
  readonly files: readonly string[];
}

const flagBits = { LT: 2, LE: 10, EQ: 8, GE: 12, GT: 4 } as const;

/** An RPM file that says just what a dependency check wants to know; tag numbers are those of rpm's rpmtag.h. */
export function relatedPackage(parts: RelatedPackage): Uint8Array {
  const { name, arch, buildTime, provides, requires, files } = parts;
  const folders = files.map((path) => path.slice(0, path.lastIndexOf('/') + 1));
  const header = writeHeader(63, [
    text(1000, name),
    text(1001, '1'),
    text(1002, '1'),
    localised(1004, name),
    localised(1005, name),
    int32(1006, buildTime),
    int32(1009, 0),
    text(1014, 'MIT'),
    localised(1016, 'Unspecified'),
    text(1021, 'linux'),
    text(1022, arch),
    ...(arch === 'src' ? [] : [text(1044, `${name}-1-1.src.rpm`)]),
    ...relations(provides, [1047, 1112, 1113]),
    ...relations(requires, [1049, 1048, 1050]),
    ...(files.length === 0
      ? []
      : [
          int32(1028, ...files.map(() => 0)),
          int16(1030, ...files.map(() => 0o100644)),
          int32(1037, ...files.map(() => 0)),
          int32(1116, ...files.map((_, n) => n)),
          texts(
            1117,
            files.map((path) => path.slice(path.lastIndexOf('/') + 1)),
          ),
          texts(1118, folders),
        ]),
  ]);
  return wrapHeader({ label: `${name}-1-1`, header, payload: Buffer.from('payload') }).bytes;
}

function relations(
  dependencies: readonly Dependency[],
  [names, flags, versions]: readonly [number, number, number],
) {
  if (dependencies.length === 0) return [];
  const evr = ({ epoch, version, release }: Dependency): string =>
    version === undefined ? '' : `${epoch ?? 0}:${version}${release ? `-${release}` : ''}`;
  return [
    texts(
      names,
      dependencies.map((d) => d.name),
    ),
    int32(flags, ...dependencies.map((d) => (d.flags === undefined ? 0 : flagBits[d.flags]))),
    texts(versions, dependencies.map(evr)),
  ];
}
