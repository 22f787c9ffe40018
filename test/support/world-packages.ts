import {
  type Advisory,
  canonicalDigest,
  digestOf,
  fileNameOf,
  type HeldAdvisory,
  type Module,
  type PackageEntry,
  parseNevra,
} from '../../src/model/index.ts';

/** `bash-5.2-3.x86_64`; text after a space makes other bytes under the same name. */
export function pkg(text: string, source?: string): PackageEntry {
  const [label = '', salt = ''] = text.split(' ');
  const nevra = parseNevra(label);
  if (!nevra) throw new Error(`not a NEVRA: ${label}`);
  const isSource = nevra.arch === 'src';
  const sourceRpm = `${source ?? `${nevra.name}-${nevra.version}-${nevra.release}`}.src.rpm`;
  return {
    ...nevra,
    sha256: digestOf(`${label} ${salt}`),
    sizeBytes: 1000,
    buildTime: 1,
    ...(isSource ? {} : { sourceRpm }),
  };
}

export function advisory(
  id: string,
  packages: readonly string[],
  more: Partial<Advisory> = {},
): HeldAdvisory {
  const listed = packages.map((text) => {
    const entry = pkg(text);
    const { name, epoch, version, release, arch } = entry;
    return {
      ...{ name, epoch, version, release, arch },
      filename: fileNameOf(entry),
      src: entry.sourceRpm ?? '',
      ...{ rebootSuggested: false, restartSuggested: false, reloginSuggested: false },
    };
  });
  const value: Advisory = {
    ...{ id, from: 'vendor', type: 'security', status: 'final', version: '1', title: id },
    ...{ issued: '2026-01-01', updated: '2026-01-01', rights: '', release: '', pushcount: '1' },
    ...{ severity: 'Important', summary: '', description: '', solution: '' },
    rebootSuggested: false,
    references: [],
    collections: [{ short: 'v', name: 'v', packages: listed }],
    ...more,
  };
  return { sha256: canonicalDigest(value), advisory: value };
}

export function moduleBuild(nsvca: string, artifacts: readonly string[]): Module {
  const yaml = `${nsvca}\n${artifacts.join('\n')}`;
  return { sha256: digestOf(yaml), kind: 'modulemd', nsvca, artifacts, yaml };
}
