import type { Dependency, PackageDetail } from '../../src/model/index.ts';
import { child, type Described, type Element } from './createrepo.ts';

/** Our detail, in the shape of what createrepo_c writes. */
export function ours(detail: PackageDetail) {
  return {
    primary: {
      name: detail.name,
      arch: detail.arch,
      version: { epoch: `${detail.epoch}`, ver: detail.version, rel: detail.release },
      summary: detail.summary,
      description: detail.description,
      packager: detail.packager,
      url: detail.url,
      build: `${detail.buildTime}`,
      size: {
        package: `${detail.sizeBytes}`,
        installed: `${detail.installedSizeBytes}`,
        archive: `${detail.archiveSizeBytes}`,
      },
      license: detail.license,
      vendor: detail.vendor,
      group: detail.group,
      buildhost: detail.buildHost,
      sourcerpm: detail.sourceRpm ?? '',
      range: { start: `${detail.headerStart}`, end: `${detail.headerEnd}` },
      provides: detail.provides.map(attributesOf),
      requires: detail.requires.map(attributesOf),
      conflicts: detail.conflicts.map(attributesOf),
      obsoletes: detail.obsoletes.map(attributesOf),
      suggests: detail.suggests.map(attributesOf),
      enhances: detail.enhances.map(attributesOf),
      recommends: detail.recommends.map(attributesOf),
      supplements: detail.supplements.map(attributesOf),
    },
    files: detail.files.map((f) => ({ type: f.type, path: f.path })),
    // createrepo_c writes the oldest first.
    changelogs: detail.changelogs
      .map((c) => ({ author: c.author, date: `${c.date}`, text: c.text }))
      .toReversed(),
  };
}

const attributesOf = (d: Dependency) => ({
  name: d.name,
  ...(d.flags === undefined ? {} : { flags: d.flags }),
  ...(d.epoch === undefined ? {} : { epoch: d.epoch }),
  ...(d.version === undefined ? {} : { ver: d.version }),
  ...(d.release === undefined ? {} : { rel: d.release }),
  ...(d.pre === true ? { pre: '1' } : {}),
});

/** The same of createrepo_c's word. */
export function theirs({ primary, filelists, other }: Described): ReturnType<typeof ours> {
  const format = child(primary, 'format');
  const text = (parent: Element | undefined, name: string) => child(parent, name)?.text ?? '';
  const attributes = (parent: Element | undefined, name: string) =>
    child(parent, name)?.attributes ?? {};
  const entries = (name: string) =>
    (child(format, `rpm:${name}`)?.children ?? []).map(
      (e) => e.attributes,
    ) as unknown as ReturnType<typeof attributesOf>[];
  return {
    primary: {
      name: text(primary, 'name'),
      arch: text(primary, 'arch'),
      version: attributes(primary, 'version'),
      summary: text(primary, 'summary'),
      description: text(primary, 'description'),
      packager: text(primary, 'packager'),
      url: text(primary, 'url'),
      build: attributes(primary, 'time').build,
      size: attributes(primary, 'size'),
      license: text(format, 'rpm:license'),
      vendor: text(format, 'rpm:vendor'),
      group: text(format, 'rpm:group'),
      buildhost: text(format, 'rpm:buildhost'),
      sourcerpm: text(format, 'rpm:sourcerpm'),
      range: attributes(format, 'rpm:header-range'),
      provides: entries('provides'),
      requires: entries('requires'),
      conflicts: entries('conflicts'),
      obsoletes: entries('obsoletes'),
      suggests: entries('suggests'),
      enhances: entries('enhances'),
      recommends: entries('recommends'),
      supplements: entries('supplements'),
    },
    files: filelists.children
      .filter((e) => e.name === 'file')
      .map((e) => ({ type: e.attributes.type ?? 'file', path: e.text })),
    changelogs: other.children
      .filter((e) => e.name === 'changelog')
      .map((e) => ({ author: e.attributes.author, date: e.attributes.date, text: e.text })),
  } as ReturnType<typeof ours>;
}
