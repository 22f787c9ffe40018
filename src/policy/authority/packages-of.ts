import { parseNevra } from '../../model/index.ts';
import { kinds } from '../kinds/kinds.ts';
import { readDocument } from '../yaml/read-document.ts';

/** What rules can say about the content of a decision. */
export interface PackagesOf {
  readonly also: readonly string[];
  readonly packages: readonly string[];
}

/** What a text says, as maps, lists and text; undefined when it is no YAML that Sluice accepts. */
export function documentOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  const read = readDocument('text', text, kinds.Update.limits);
  return 'document' in read ? read.document.value : undefined;
}

/** Packages and severities of updates or holds; what cannot be read counts as every package. */
export function packagesOf(
  texts: readonly (string | undefined)[],
  kind: 'Update' | 'Hold',
): PackagesOf {
  const present = texts.filter((text) => text !== undefined);
  const found = present.map((text) => contentOf(text, kind));
  return {
    also: [...new Set(found.flatMap((c) => c.also))].toSorted(),
    packages: [...new Set(found.flatMap((c) => c.packages))].toSorted(),
  };
}

/** A package that only rules for everything name. */
const unknown: PackagesOf = { also: [], packages: ['?'] };

function contentOf(text: string, kind: 'Update' | 'Hold'): PackagesOf {
  const read = readDocument('text', text, kinds[kind].limits);
  if (!('document' in read)) return unknown;
  const understood = kinds[kind].read(read.document);
  if (!('kind' in understood)) return unknown;
  const packages = understood.value.packages.map(({ nevra }) => parseNevra(nevra)?.name ?? nevra);
  if (understood.kind !== 'Update') return { also: [], packages };
  const { advisory, build } = understood.value;
  if (build) packages.push(parseNevra(build.source.nevra)?.name ?? build.source.nevra);
  const severities = [advisory?.severity, advisory?.siteSeverity].filter((s) => s !== undefined);
  return { also: severities.map((s) => `severity/${s}`), packages };
}
