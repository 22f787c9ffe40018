import type { Update } from '../../model/index.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';
import { unknownName } from './known.ts';

/** An update that is built here says from what, and lists results only together with the builds that made them. */
export function buildUpdatesFit(entries: Entries): readonly Finding[] {
  return entries.updates.flatMap((update) => [
    ...sourceFindings(entries, update),
    ...resultFindings(entries, update),
    ...treeFindings(entries, update),
  ]);
}

function sourceFindings(entries: Entries, update: Update): readonly Finding[] {
  if (update.build === undefined) return [];
  const { upstream: name } = update.build.source;
  const at = entries.placeOf(update.file, ['build', 'source', 'upstream']);
  const unknown = unknownName(entries, 'Upstream', { name, at });
  const upstream = entries.upstreams.find((u) => u.name === name);
  if (unknown.length > 0 || upstream === undefined || upstream.tree === 'source') return unknown;
  const message = `"${name}" brings no source packages: its tree is ${upstream.tree}`;
  const fix = `Name the upstream of ${update.build.source.nevra}.`;
  return [errorAt(at, 'PolicyConflict', { message, fix })];
}

function resultFindings(entries: Entries, update: Update): readonly Finding[] {
  if (update.build === undefined) return [];
  const builds = Object.keys(update.build.results).length;
  if (update.build.unsigned && builds === 0) {
    const message = 'results are called unsigned, but none are named';
    const at = entries.placeOf(update.file, ['build', 'unsigned']);
    return [errorAt(at, 'PolicyConflict', { message, fix: 'Delete unsigned.' })];
  }
  if (builds > 0 === update.packages.length > 0) return [];
  const at = entries.placeOf(update.file, builds > 0 ? ['build', 'results'] : ['packages']);
  const message =
    builds > 0 ? 'results are named, but no packages' : 'packages are named, but no results';
  const fix = 'Both are written by the answer to the question whether to sign; put it back whole.';
  return [errorAt(at, 'PolicyConflict', { message, fix })];
}

function treeFindings(entries: Entries, update: Update): readonly Finding[] {
  const isBuilt = update.build !== undefined;
  return update.packages.flatMap((p, i) => {
    if ((p.tree !== undefined) === isBuilt) return [];
    const at = entries.placeOf(update.file, ['packages', i]);
    const message = isBuilt
      ? `${p.nevra} was built here and names no tree`
      : `${p.nevra} names a tree, but enters that of ${p.upstream}`;
    const fix = isBuilt ? 'Say which tree it enters.' : 'Delete tree.';
    return [errorAt(at, 'PolicyConflict', { message, fix })];
  });
}
