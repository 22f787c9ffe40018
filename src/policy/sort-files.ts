import { errorAt, type Finding } from './finding.ts';
import type { Kind } from './kinds/kinds.ts';
import { didYouMean, nearest } from './suggest.ts';

export interface PolicyFile {
  readonly path: string;
  readonly text: string | Uint8Array;
}

export interface SortedFiles {
  readonly documents: readonly (PolicyFile & { readonly kind: Kind })[];
  readonly keys: readonly PolicyFile[];
  /** Below `patches/`: what builds are changed by. */
  readonly patches: readonly PolicyFile[];
  readonly findings: readonly Finding[];
}

/** More than any policy file or patch has; a larger one is refused before anybody reads it. */
export const largestFileBytes = 8 * 1024 * 1024;
/** Update, promotion and hold files of many years. */
export const mostFiles = 50_000;

/** First folder → kind, and how many folders stand above the file. */
const folders: Readonly<Record<string, { readonly kind: Kind; readonly depth: number }>> = {
  upstreams: { kind: 'Upstream', depth: 1 },
  policies: { kind: 'Policy', depth: 1 },
  channels: { kind: 'Channel', depth: 1 },
  updates: { kind: 'Update', depth: 1 },
  promotions: { kind: 'Promotion', depth: 2 },
  holds: { kind: 'Hold', depth: 2 },
  freezes: { kind: 'Freeze', depth: 1 },
};

/** Declared in the design, not yet read. */
const later: readonly string[] = [
  'advisories',
  'pilots',
  'releases',
  'flows',
  'profiles',
  'notifications.yaml',
];

const known = [...Object.keys(folders), 'keys', 'patches', 'sluice.yaml', 'access.yaml', ...later];

/**
 * Says what each file of the repository is. What looks like policy and would not be read is a finding, so nothing is
 * silently ignored; other files (README, CI, folders without YAML) belong to the people.
 */
export function sortFiles(files: readonly PolicyFile[]): SortedFiles {
  const documents: (PolicyFile & { kind: Kind })[] = [];
  const keys: PolicyFile[] = [];
  const patches: PolicyFile[] = [];
  const findings: Finding[] = [];
  for (const file of files) {
    const place = placeOf(file.path);
    if (place === 'key') keys.push(file);
    else if (place === 'patch') patches.push(file);
    else if (place === undefined) continue;
    else if (typeof place === 'string') documents.push({ ...file, kind: place });
    else findings.push(place);
  }
  return { documents, keys, patches, findings };
}

function placeOf(path: string): Kind | 'key' | 'patch' | Finding | undefined {
  const parts = path.split('/');
  const [top = '', ...rest] = parts;
  const file = parts.at(-1) ?? '';
  if (path === 'sluice.yaml') return 'Site';
  if (path === 'access.yaml') return 'Access';
  if (top.startsWith('.') || file.startsWith('.') || /^(README|LICENSE)/i.test(file)) {
    return undefined;
  }
  if (later.includes(top)) return notYet(path, top);
  if (top === 'patches') return 'patch';
  if (top === 'keys') {
    return /^[A-Za-z0-9][A-Za-z0-9._-]*\.asc$/.test(rest.join('/'))
      ? 'key'
      : stray(path, 'keys/<name>.asc');
  }
  const folder = Object.hasOwn(folders, top) ? folders[top] : undefined;
  if (folder === undefined) return outside(path, top, file);
  const expected = folder.depth === 1 ? `${top}/<name>.yaml` : `${top}/<channel>/<name>.yaml`;
  const fits = rest.length === folder.depth && /^[A-Za-z0-9][A-Za-z0-9._-]*\.yaml$/.test(file);
  return fits ? folder.kind : stray(path, expected);
}

/** Files that policy is read from, also where they stand wrongly; the others belong to the people. */
export const isReadAsPolicy = (path: string): boolean => placeOf(path) !== undefined;

const start = (file: string) => ({ file, line: 1, col: 1 });

function stray(path: string, expected: string): Finding {
  const message = `the file is not read here; expected ${expected}`;
  const fix = path.endsWith('.yml')
    ? 'Rename it to .yaml, or delete it.'
    : 'Move it to where it belongs, or delete it.';
  return errorAt(start(path), 'PolicyUnreadable', { message, fix });
}

function notYet(path: string, top: string): Finding {
  const message = `${top} is not available in this version`;
  return errorAt(start(path), 'NotYet', { message, fix: 'Delete it for now.' });
}

/** Files outside the known folders count only when they look as if they were meant to be policy. */
function outside(path: string, top: string, file: string): Finding | undefined {
  const meant = path.includes('/') ? nearest(top, known) : undefined;
  if (!/\.ya?ml$/.test(file) && meant === undefined) return undefined;
  const message = `${path.includes('/') ? `the folder ${top}/` : 'this file'} is not read`;
  const places = [...Object.keys(folders), 'keys'].join(', ');
  const fix = `${didYouMean(top, known)}Policy stands in sluice.yaml and the folders ${places}.`;
  return errorAt(start(path), 'PolicyUnreadable', { message, fix });
}
