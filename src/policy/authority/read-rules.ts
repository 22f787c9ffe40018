import type { Access, Site } from '../../model/index.ts';
import type { Finding } from '../finding.ts';
import { judgeDocument } from '../judge-document.ts';
import { kinds } from '../kinds/kinds.ts';
import { accessFindings } from '../rules/access.ts';
import type { PolicyFile } from '../sort-files.ts';
import { readDocument } from '../yaml/read-document.ts';

/** Whose commits count, and who may do what. */
export interface TrustRules {
  readonly trust: Site['trust'];
  readonly access?: Access;
}

/**
 * Reads only `sluice.yaml` and `access.yaml` (and which key files there are), so that a finding anywhere else does not
 * put older rights in force.
 */
export function readTrustRules(
  files: readonly PolicyFile[],
): { readonly rules: TrustRules } | { readonly findings: readonly Finding[] } {
  const site = readOne('Site', files, 'sluice.yaml');
  if (site === undefined || 'findings' in site) return site ?? { findings: [] };
  const access = readOne('Access', files, 'access.yaml');
  if (access !== undefined && 'findings' in access) return access;
  const findings = accessFindings({
    trust: site.value.trust,
    sitePlace: site.value.at,
    access: access?.value,
    keyFiles: new Set(files.map((f) => f.path)),
  }).filter((f) => f.severity === 'error');
  if (findings.length > 0) return { findings };
  const { trust } = site.value;
  return { rules: access === undefined ? { trust } : { trust, access: access.value } };
}

/** The trust mode that a `sluice.yaml` names; undefined when it cannot be read. */
export function trustModeOf(text: string): Site['trust'] | undefined {
  const site = readOne('Site', [{ path: 'sluice.yaml', text }], 'sluice.yaml');
  return site === undefined || 'findings' in site ? undefined : site.value.trust;
}

type Value<K extends 'Site' | 'Access'> = Extract<
  ReturnType<(typeof kinds)[K]['read']>,
  { readonly kind: string }
>;

function readOne<K extends 'Site' | 'Access'>(
  kind: K,
  files: readonly PolicyFile[],
  path: string,
): Value<K> | { readonly findings: readonly Finding[] } | undefined {
  const file = files.find((f) => f.path === path);
  if (file === undefined) return undefined;
  const read = readDocument(path, file.text, kinds[kind].limits);
  if ('findings' in read) return read;
  const understood = kinds[kind].read(read.document);
  if ('issues' in understood) {
    return { findings: judgeDocument(kind, read.document, understood.issues) };
  }
  return understood as Value<K>;
}
