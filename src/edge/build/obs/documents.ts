import type { BuildInputs } from '../../../model/index.ts';

/** A repository that the build service fetches packages from when it needs them. */
export interface Download {
  readonly url: string;
  /** Armored; empty: it is believed as it is. */
  readonly keys: readonly string[];
}

export const packageName = 'source';
export const repositoryName = 'build';
export const rootRepository = (index: number): string => `root${index}`;

/** A project without repositories, in which nothing is built yet. */
export function emptyProject(name: string): string {
  return element('project', { name }, `<title/><description/>${unpublished}`);
}

/** One repository for each channel: a repository of the build service has one download for each architecture. */
export function rootProject(name: string, downloads: readonly Download[], arch: string): string {
  const repositories = downloads.map(({ url, keys }, index) => {
    const pinned = keys.length === 0 ? '' : element('pubkey', {}, escaped(keys.join('\n')));
    const download = element('download', { arch, url, repotype: 'rpmmd' }, pinned);
    return element('repository', { name: rootRepository(index) }, download + archElement(arch));
  });
  return element(
    'project',
    { name },
    `<title/><description/>${unpublished}${repositories.join('')}`,
  );
}

export function buildProject(
  name: string,
  root: { readonly project: string; readonly repositories: number },
  arch: string,
): string {
  const paths = Array.from({ length: root.repositories }, (_, index) =>
    element('path', { project: root.project, repository: rootRepository(index) }),
  );
  const repository = element(
    'repository',
    { name: repositoryName },
    paths.join('') + archElement(arch),
  );
  return element('project', { name }, `<title/><description/>${unpublished}${repository}`);
}

export function packageDocument(project: string): string {
  return element('package', { name: packageName, project }, '<title/><description/>');
}

/**
 * What is said of every buildroot before the site's own lines. An empty Release keeps that of the spec; otherwise the
 * service counts its own.
 */
export function projectConfig(own: string): string {
  return `Type: spec\nRelease:\n${own.trimEnd()}\n`;
}

/** How the build service calls an architecture. */
export function schedulerArch(inputs: Pick<BuildInputs, 'arch'>): string {
  const { arch } = inputs;
  if (arch === 'noarch') return 'x86_64';
  return arch === 'i686' ? 'i586' : arch;
}

const unpublished = '<publish><disable/></publish>';
const archElement = (arch: string): string => element('arch', {}, escaped(arch));

function element(name: string, attributes: Readonly<Record<string, string>>, content = ''): string {
  const pairs = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  return `<${name}${pairs.join('')}>${content}</${name}>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
