import type { Entries } from '../entries.ts';
import { errorAt, type Finding } from '../finding.ts';

/** Values that the schemas know and this version cannot act on. */
export function notYetValues(entries: Entries): readonly Finding[] {
  return [...trustMode(entries), ...actions(entries), ...packageSigning(entries)];
}

function trustMode({ site, placeOf }: Entries): readonly Finding[] {
  if (site === undefined || site.trust !== 'forge') return [];
  const at = placeOf(site.at.file, ['trust', 'mode']);
  const message = `trust mode "${site.trust}" is not available in this version`;
  return [
    errorAt(at, 'NotYet', {
      message,
      fix: 'Use keys: signed commits; or open, and let only deciders push to main.',
    }),
  ];
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

function packageSigning({ channels, placeOf }: Entries): readonly Finding[] {
  return channels
    .filter((c) => c.sign.packages !== 'keep')
    .map((c) => {
      const message = 'signing packages is not available in this version';
      const fix = "Write keep: packages keep the vendor's signatures.";
      return errorAt(placeOf(c.at.file, ['sign', 'packages']), 'NotYet', { message, fix });
    });
}
