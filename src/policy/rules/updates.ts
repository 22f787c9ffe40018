import { type Place, slugOf, type Update } from '../../model/index.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';
import { didYouMean } from '../suggest.ts';
import { declares, unknownName } from './known.ts';
import { fileIsNamed } from './names.ts';

/** An update has something in it, stands in the file of its slug, and names only what exists. */
export function updatesFit(entries: Entries): readonly Finding[] {
  const known = updatesBySlug(entries);
  return entries.updates.flatMap((update) => [
    ...fileIsNamed(update.at, slugOf(update.id)),
    ...hasContent(update),
    ...twice(entries, update),
    ...update.packages.flatMap((p, i) => {
      const at = entries.placeOf(update.file, ['packages', i, 'upstream']);
      return unknownName(entries, 'Upstream', { name: p.upstream, at });
    }),
    ...update.requires.flatMap((id, i) => {
      const at = entries.placeOf(update.file, ['requires', i]);
      return missingUpdate(known, { entries, id, at });
    }),
  ]);
}

/** A promotion stands in the folder of its channel and the file of its update, and both exist. */
export function promotionsFit(entries: Entries): readonly Finding[] {
  const known = updatesBySlug(entries);
  return entries.promotions.flatMap((promotion) => {
    const at = entries.placeOf(promotion.file, ['channel']);
    return [
      ...unknownName(entries, 'Channel', { name: promotion.channel, at }),
      ...standsAt(promotion.at, `promotions/${promotion.channel}/${slugOf(promotion.update)}.yaml`),
      ...missingUpdate(known, { entries, id: promotion.update, at: promotion.at }),
    ];
  });
}

/** A hold stands in the folder of its channel, which exists; the update it tells of may be gone. */
export function holdsFit(entries: Entries): readonly Finding[] {
  return entries.holds.flatMap((hold) => {
    const slug = (hold.file.split('/').at(-1) ?? '').replace(/\.yaml$/, '');
    const expected = hold.update === undefined ? slug : slugOf(hold.update);
    return [
      ...unknownName(entries, 'Channel', { name: hold.channel, at: hold.at }),
      ...standsAt(hold.at, `holds/${hold.channel}/${expected}.yaml`),
    ];
  });
}

function hasContent(update: Update): readonly Finding[] {
  const isBuilt = update.build !== undefined;
  if (isBuilt || update.packages.length > 0 || update.modules.length > 0) return [];
  const message = `update ${update.id} has neither packages nor modules`;
  return [
    errorAt(update.at, 'PolicyInvalid', {
      message,
      fix: 'List what it brings, or delete the file.',
    }),
  ];
}

/** A digest listed twice, or two digests of one name for one tree, cannot both be meant. */
function twice(entries: Entries, update: Update): readonly Finding[] {
  const seen = new Map<string, number>();
  return update.packages.flatMap((p, i) => {
    const key = `${p.sha256} ${p.upstream} ${p.tree ?? ''}`;
    const first = seen.get(key);
    seen.set(key, i);
    if (first === undefined) return [];
    const at = entries.placeOf(update.file, ['packages', i]);
    const message = `${p.nevra} is listed twice`;
    return [errorAt(at, 'PolicyConflict', { message, fix: 'Delete one of the two entries.' })];
  });
}

function standsAt(at: Place, expected: string): readonly Finding[] {
  if (at.file === expected) return [];
  const fix = `Move the file to ${expected}, or correct what it says.`;
  return [errorAt(at, 'PolicyConflict', { message: `this belongs into ${expected}`, fix })];
}

/** There may be thousands of each, and every promotion looks for its update. */
function updatesBySlug({ updates }: Entries): ReadonlyMap<string, Update> {
  return new Map(updates.toReversed().map((update) => [slugOf(update.id), update]));
}

interface Reference {
  readonly entries: Entries;
  readonly id: string;
  readonly at: Place;
}

/** The file's name may exist for another id with the same slug, so the id inside decides. */
function missingUpdate(
  known: ReadonlyMap<string, Update>,
  { entries, id, at }: Reference,
): readonly Finding[] {
  const same = known.get(slugOf(id));
  const broken = same === undefined && declares(entries, 'Update', slugOf(id));
  if (broken || same?.id === id) return [];
  const file = `updates/${slugOf(id)}.yaml`;
  if (same !== undefined) {
    const message = `there is no update "${id}", but "${same.id}" has the same file name`;
    return [
      errorAt(at, 'PolicyConflict', { message, fix: `Write "${same.id}", or give it another id.` }),
    ];
  }
  const near = didYouMean(
    id,
    entries.updates.map((u) => u.id),
  );
  const fix = `${near}Put ${file} back, or delete what names it.`;
  return [
    {
      ...errorAt(at, 'PolicyReference', { message: `there is no update "${id}"`, fix }),
      missing: file,
    },
  ];
}
