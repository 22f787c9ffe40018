import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';

/** Values that the schemas know and this version cannot act on. */
export function notYetValues(entries: Entries): readonly Finding[] {
  return actions(entries);
}

function actions({ policies, placeOf }: Entries): readonly Finding[] {
  return policies
    .filter((p) => p.action === 'rebuild' || p.action === 'replace')
    .map((p) => {
      const message = `action "${p.action}" is not available in this version`;
      const fix = 'Use copy, hold or skip.';
      return errorAt(placeOf(p.at.file, ['action']), 'NotYet', { message, fix });
    });
}
