import type { ChangelogEntry, FileEntry, PackageDetail, Sha256 } from '../model/index.ts';
import { dependenciesOf, isPrimaryPath } from './dependencies.ts';
import { type Header, notAPackage } from './header.ts';
import { numberOf, numbersOf, textOf, textsOf } from './header-values.ts';
import { asBuffer, type PackageHead, parseHead } from './package-layout.ts';
import { signatureTags, tags } from './tags.ts';

/** The stored file that a head belongs to. */
export interface PackageFile {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** createrepo_c publishes this many changelog entries, and nobody reads more. */
const changelogLimit = 10;
const ghostFlag = 1 << 6;
const fileTypeMask = 0o170000;
const directoryType = 0o040000;

/**
 * Package metadata from the first bytes of a stored file that was verified when it came in (`packageHeadLength` says how
 * many). Throws `PackageInvalid`.
 */
export function readPackageHead(head: Uint8Array, file: PackageFile): PackageDetail {
  return detailOf(parseHead(asBuffer(head), `package ${file.sha256}`), file);
}

/** All that repodata says of a package, equal to what createrepo_c derives from the same header. */
export function detailOf(head: PackageHead, file: PackageFile): PackageDetail {
  const { main, signature } = head;
  const isSource = main.entries.has(tags.sourcePackage) || !main.entries.has(tags.sourceRpm);
  const text = (tag: number): string => textOf(main, tag) ?? '';
  const sourceRpm = textOf(main, tags.sourceRpm);
  const modularityLabel = textOf(main, tags.modularityLabel);
  const files = filesOf(main);
  return {
    name: needed(main, tags.name, 'name'),
    epoch: numberOf(main, tags.epoch) ?? 0,
    version: needed(main, tags.version, 'version'),
    release: needed(main, tags.release, 'release'),
    arch: isSource ? 'src' : needed(main, tags.arch, 'arch'),
    sha256: file.sha256,
    sizeBytes: file.sizeBytes,
    buildTime: numberOf(main, tags.buildTime) ?? 0,
    ...(isSource || sourceRpm === undefined ? {} : { sourceRpm }),
    summary: text(tags.summary),
    description: text(tags.description),
    packager: text(tags.packager),
    url: text(tags.url),
    license: text(tags.license),
    vendor: text(tags.vendor),
    group: text(tags.group),
    buildHost: text(tags.buildHost),
    installedSizeBytes: numberOf(main, tags.longSize) ?? numberOf(main, tags.size) ?? 0,
    archiveSizeBytes: archiveSize(main, signature),
    headerStart: head.mainStart,
    headerEnd: head.mainEnd,
    ...dependenciesOf(main, primaryPathsOf(files)),
    files,
    changelogs: changelogsOf(main),
    ...(modularityLabel === undefined ? {} : { modularityLabel }),
  };
}

/** Most packages require no path, and most paths are none of these: the set is made for the first that is asked for. */
function primaryPathsOf(files: readonly FileEntry[]): (path: string) => boolean {
  let paths: ReadonlySet<string> | undefined;
  return (path) => {
    paths ??= new Set(files.flatMap((file) => (isPrimaryPath(file.path) ? file.path : [])));
    return paths.has(path);
  };
}

/** Labels become file names, URLs and YAML; these characters cannot occur in any of rpm's own packages. */
const labelPattern = /^[\p{L}\p{N}._+~^%{}:@=-]+$/u;

function needed(main: Header, tag: number, what: string): string {
  const text = textOf(main, tag);
  if (text === undefined || !labelPattern.test(text) || text.startsWith('.')) {
    throw notAPackage(main.object, `header has a usable ${what}`, { found: text ?? 'none' });
  }
  return text;
}

/** The uncompressed payload size, which rpm 4 moved from the main to the signature header. */
function archiveSize(main: Header, signature: Header): number {
  return (
    numberOf(signature, signatureTags.longArchiveSize) ??
    numberOf(main, tags.archiveSize) ??
    numberOf(signature, signatureTags.payloadSize) ??
    0
  );
}

function filesOf(main: Header): readonly FileEntry[] {
  const modes = numbersOf(main, tags.fileModes);
  const flags = numbersOf(main, tags.fileFlags);
  return pathsOf(main).map((path, n) => {
    if (((modes[n] ?? 0) & fileTypeMask) === directoryType) return { path, type: 'dir' };
    return { path, type: ((flags[n] ?? 0) & ghostFlag) === 0 ? 'file' : 'ghost' };
  });
}

function pathsOf(main: Header): readonly string[] {
  const baseNames = textsOf(main, tags.baseNames);
  // rpm 3 and `--nodirtokens` packages list whole paths.
  if (baseNames.length === 0) return textsOf(main, tags.oldFileNames);
  const directories = textsOf(main, tags.dirNames);
  const indexes = numbersOf(main, tags.dirIndexes);
  return baseNames.map((baseName, n) => {
    const directory = directories[indexes[n] ?? -1];
    if (directory === undefined) throw notAPackage(main.object, 'every file has a directory');
    return directory + baseName;
  });
}

/**
 * The newest entries, newest first. Entries of one second get different ones, as clients sort by time: the newer of two
 * moves forward, like in createrepo_c.
 */
function changelogsOf(main: Header): readonly ChangelogEntry[] {
  const times = numbersOf(main, tags.changelogTime);
  const authors = textsOf(main, tags.changelogName);
  const texts = textsOf(main, tags.changelogText);
  const count = Math.min(times.length, authors.length, texts.length, changelogLimit);
  const dates: number[] = [];
  for (const time of times.slice(0, count)) {
    let n = dates.length - 1;
    for (let taken = time; n >= 0 && dates[n] === taken; n -= 1) {
      taken += 1;
      dates[n] = taken;
    }
    dates.push(time);
  }
  return dates.map((date, n) => ({
    author: withoutTrailingSpaces(authors[n] ?? ''),
    date,
    text: texts[n] ?? '',
  }));
}

/** The first character stays even if it is a space, as in createrepo_c. */
function withoutTrailingSpaces(text: string): string {
  let end = text.length;
  while (end > 1 && text[end - 1] === ' ') end -= 1;
  return text.slice(0, end);
}
