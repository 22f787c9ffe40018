import type { Place } from '../../model/index.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';
import type { Kind } from '../kinds/kinds.ts';
import { didYouMean } from '../suggest.ts';

/** A finding when no file declares this upstream, channel or policy. */
export function unknownName(
  entries: Entries,
  kind: 'Upstream' | 'Channel',
  named: { readonly name: string; readonly at: Place },
): readonly Finding[] {
  const names = [...(entries.declared.get(kind) ?? [])];
  if (names.includes(named.name)) return [];
  const word = kind.toLowerCase();
  const known = names.length === 0 ? 'none' : names.toSorted().join(', ');
  const fix = `${didYouMean(named.name, names)}Known: ${known}.`;
  return [
    errorAt(named.at, 'PolicyReference', { message: `there is no ${word} "${named.name}"`, fix }),
  ];
}

export const declares = (entries: Entries, kind: Kind, name: string): boolean =>
  entries.declared.get(kind)?.has(name) === true;
