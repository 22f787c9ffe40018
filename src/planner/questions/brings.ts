import {
  type Brings,
  type Channel,
  canonicalDigest,
  type Desired,
  type FileEdit,
  type SnapshotId,
  type Update,
} from '../../model/index.ts';
import { baseUnitName, promotionUnitName, type Unit } from '../content/units.ts';

/** Lists that are longer are named by their digest; nobody reads them line by line. */
const maxLines = 200;

/**
 * What the edits of a proposal bring to a channel, unit by unit: of each promotion its own packages, advisory and
 * modules, of each pin its snapshot. What else changes in the channel meanwhile is not in here, so that merging one
 * proposal never puts another one in doubt. `desired` has the edits in it.
 */
export function bringsOf(
  desired: Desired,
  channelName: string,
  edits: readonly FileEdit[],
): Brings {
  const channel = desired.channels.get(channelName);
  const brings: Record<string, readonly string[]> = {};
  const promotions = desired.promotions.filter((p) => p.channel === channelName);
  const unpins = edits.some((e) => e.kind === 'set' && e.at[0] === 'pin');
  const paths = new Set(edits.filter((e) => e.kind === 'create').map((e) => e.path));
  for (const { update: id, file } of promotions) {
    const update = desired.updates.get(id);
    if (!update || !(unpins || paths.has(file))) continue;
    brings[promotionUnitName(id)] = contentOfUpdate(update);
  }
  for (const [index, pin] of (channel?.base ?? []).entries()) {
    if (!unpins && !edits.some((e) => movesPin(e, channel, index))) continue;
    brings[baseUnitName(pin.upstream)] = contentOfPin(pin.snapshot);
  }
  return brings;
}

function movesPin(edit: FileEdit, channel: Channel | undefined, index: number): boolean {
  if (edit.kind !== 'set' || edit.path !== channel?.at.file) return false;
  return edit.at[0] === 'base' && edit.at[1] === index;
}

/** The same where a person changed the policy in any way: what of the channel is other than it was. */
export function bringsBetween(before: Desired, after: Desired, channelName: string): Brings {
  const [old, now] = [unitsIn(before, channelName), unitsIn(after, channelName)];
  const [pinnedBefore, pinnedAfter] = [before, after].map((d) => d.channels.get(channelName)?.pin);
  const unpins = pinnedBefore !== undefined && pinnedAfter === undefined;
  const other = [...now].filter(([unit, lines]) => {
    const known = old.get(unit);
    return unpins || known === undefined || !sameContent(known, lines);
  });
  return Object.fromEntries(other);
}

function unitsIn(desired: Desired, channel: string): ReadonlyMap<string, readonly string[]> {
  const promoted = desired.promotions.flatMap((p) => {
    const update = p.channel === channel ? desired.updates.get(p.update) : undefined;
    return update ? [[promotionUnitName(update.id), contentOfUpdate(update)] as const] : [];
  });
  const pins = desired.channels.get(channel)?.base ?? [];
  const based = pins.map((b) => [baseUnitName(b.upstream), contentOfPin(b.snapshot)] as const);
  return new Map([...promoted, ...based]);
}

/** What a unit brings by itself as the policy says now, in the words of `Brings`. */
export function contentOfUnit(unit: Unit): readonly string[] {
  return unit.kind === 'base' ? contentOfPin(unit.pin.snapshot) : contentOfUpdate(unit.update);
}

const contentOfPin = (snapshot: SnapshotId | undefined): readonly string[] => [
  `snapshot ${snapshot ?? 'none'}`,
];

function contentOfUpdate({ packages, advisory, modules }: Update): readonly string[] {
  const lines = [
    ...packages.map(({ nevra, sha256, upstream, tree, replaces }) =>
      [
        ...['package', nevra, sha256, upstream],
        ...(tree ? ['tree', tree] : []),
        ...(replaces ? ['replaces', replaces] : []),
      ].join(' '),
    ),
    ...(advisory ? [`advisory ${advisory.id} ${advisory.sha256}`] : []),
    ...modules.map((m) => `module ${m.nsvca} ${m.sha256}`),
  ].toSorted();
  if (lines.length <= maxLines) return lines;
  return [`${lines.length} packages, advisories and modules ${canonicalDigest(lines)}`];
}

export const sameContent = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((line, i) => line === b[i]);
