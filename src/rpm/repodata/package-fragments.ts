import type { ChangelogEntry, Dependency, FileEntry, PackageDetail } from '../../model/index.ts';
import { isPrimaryPath } from '../dependencies.ts';
import { type PackageFile, packageRoots } from './package-elements.ts';
import { rpmNamespace } from './xml-reader.ts';
import { attributesText, escapeText, leaf } from './xml-writer.ts';

/** How many changelog entries other.xml carries; createrepo_c's default. */
const changelogLimit = 10;

/** Everything before the first package, for this many packages. */
export function metadataHead(type: PackageFile, count: number): string {
  const { root, namespace } = packageRoots[type];
  const rpm = type === 'primary' ? ` xmlns:rpm="${rpmNamespace}"` : '';
  const start = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}"${rpm}`;
  return `${start} packages="${count}">\n`;
}

/** Everything after the last package. */
export function metadataTail(type: PackageFile): string {
  return `</${packageRoots[type].root}>\n`;
}

/** The `<package>` of primary.xml as createrepo_c writes it; the file's time is the build time. */
export function primaryFragment(detail: PackageDetail, href: string): string {
  const time = { file: `${detail.buildTime}`, build: `${detail.buildTime}` };
  const size = {
    package: `${detail.sizeBytes}`,
    installed: `${detail.installedSizeBytes}`,
    archive: `${detail.archiveSizeBytes}`,
  };
  return [
    '<package type="rpm">\n',
    leaf('  ', 'name', detail.name),
    leaf('  ', 'arch', detail.arch),
    versionLine(detail),
    `  <checksum type="sha256" pkgid="YES">${detail.sha256}</checksum>\n`,
    leaf('  ', 'summary', detail.summary),
    leaf('  ', 'description', detail.description),
    leaf('  ', 'packager', detail.packager),
    leaf('  ', 'url', detail.url),
    `  <time${attributesText(time)}/>\n`,
    `  <size${attributesText(size)}/>\n`,
    `  <location${attributesText({ href })}/>\n`,
    formatElement(detail),
    '</package>\n',
  ].join('');
}

function formatElement(detail: PackageDetail): string {
  return [
    '  <format>\n',
    leaf('    ', 'rpm:license', detail.license),
    leaf('    ', 'rpm:vendor', detail.vendor),
    leaf('    ', 'rpm:group', detail.group),
    leaf('    ', 'rpm:buildhost', detail.buildHost),
    leaf('    ', 'rpm:sourcerpm', detail.sourceRpm ?? ''),
    `    <rpm:header-range start="${detail.headerStart}" end="${detail.headerEnd}"/>\n`,
    dependencyList('provides', detail.provides),
    dependencyList('requires', detail.requires),
    dependencyList('conflicts', detail.conflicts),
    dependencyList('obsoletes', detail.obsoletes),
    dependencyList('suggests', detail.suggests),
    dependencyList('enhances', detail.enhances),
    dependencyList('recommends', detail.recommends),
    dependencyList('supplements', detail.supplements),
    fileLines(
      '    ',
      detail.files.filter((file) => isPrimaryPath(file.path)),
    ),
    '  </format>\n',
  ].join('');
}

function dependencyList(name: string, entries: readonly Dependency[]): string {
  if (entries.length === 0) return '';
  let text = `    <rpm:${name}>\n`;
  for (const entry of entries) {
    const attributes = attributesText({
      name: entry.name,
      flags: entry.flags,
      epoch: entry.epoch,
      ver: entry.version,
      rel: entry.release,
      pre: entry.pre ? '1' : undefined,
    });
    text += `      <rpm:entry${attributes}/>\n`;
  }
  return `${text}    </rpm:${name}>\n`;
}

/** The `<package>` of filelists.xml. */
export function filelistsFragment(detail: PackageDetail): string {
  return `${packageStart(detail)}${fileLines('  ', detail.files)}</package>\n`;
}

/** The `<package>` of other.xml: the ten newest changelog entries, oldest first. */
export function otherFragment(detail: PackageDetail): string {
  let text = packageStart(detail);
  for (const { author, date, text: body } of shownChangelogs(detail.changelogs)) {
    const attributes = attributesText({ author, date: `${date}` });
    text += `  <changelog${attributes}>${escapeText(body)}</changelog>\n`;
  }
  return `${text}</package>\n`;
}

/**
 * createrepo_c's order and dates: of entries with one date the later ones count seconds up, so that readers that sort
 * by date keep the order.
 */
export function shownChangelogs(newestFirst: readonly ChangelogEntry[]): readonly ChangelogEntry[] {
  const shown = newestFirst.slice(0, changelogLimit).toReversed();
  const dated: ChangelogEntry[] = [];
  let group = { date: Number.NaN, size: 0 };
  for (const entry of shown) {
    group =
      entry.date === group.date
        ? { ...group, size: group.size + 1 }
        : { date: entry.date, size: 0 };
    dated.push({ ...entry, date: entry.date + group.size });
  }
  return dated;
}

function packageStart(detail: PackageDetail): string {
  const { sha256: pkgid, name, arch } = detail;
  return `<package${attributesText({ pkgid, name, arch })}>\n${versionLine(detail)}`;
}

function versionLine({ epoch, version: ver, release: rel }: PackageDetail): string {
  return `  <version${attributesText({ epoch: `${epoch}`, ver, rel })}/>\n`;
}

function fileLines(indent: string, files: readonly FileEntry[]): string {
  let text = '';
  for (const { path, type } of files) {
    const attribute = type === 'file' ? '' : ` type="${type}"`;
    text += `${indent}<file${attribute}>${escapeText(path)}</file>\n`;
  }
  return text;
}
