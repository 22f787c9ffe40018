import type { Hold, Sha256 } from '../../model/index.ts';
import type { PromotionUnit } from '../content/units.ts';
import { holdOf, type Judging, listed, placeOf } from './judging.ts';

/**
 * The packages of a built update are what the builds that it names brought, and those were builds of the source that it
 * names: whoever writes the file cannot pass other bytes off as built here. Builds that nobody here knows any more (a
 * lost journal, another machine) say nothing.
 */
export function gateResults(judging: Judging, unit: PromotionUnit): Hold | undefined {
  const { update } = unit;
  const { build } = update;
  if (!build || update.packages.length === 0) return undefined;
  const records = Object.values(build.results).map((key) =>
    judging.context.actual.builds?.get(key)?.records.find((r) => r.outcome === 'built'),
  );
  const brought = new Set<Sha256>();
  for (const record of records) {
    if (record === undefined) return undefined;
    if (record.outcome !== 'built' || record.inputs.source.sha256 !== build.source.sha256) continue;
    for (const p of record.packages) brought.add(p.sha256);
  }
  const strange = update.packages.filter((p) => !brought.has(p.sha256)).map((p) => p.nevra);
  if (strange.length === 0) return undefined;
  return holdOf(judging, unit.name, {
    code: 'BuildOutputRefused',
    text: `${listed(strange)} of ${update.id} did not come out of the builds that it names`,
    awaits: `the digests that were built, in ${update.file}`,
    ...placeOf(unit),
  });
}
