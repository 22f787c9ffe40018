import { type GarbageItem, garbageKinds, garbageReport } from '../../controller/index.ts';
import { Fault } from '../../model/index.ts';
import { type Paint, table } from '../paint.ts';
import { type Call, textOption, type Verb } from '../verb.ts';

const defaults = { days: 30, newest: 4 } as const;

export const gcVerb: Verb = {
  name: 'gc',
  summary: 'what of the state directory nothing names any more, what stays, and why',
  options: [
    ['--dry-run', 'only say what could go; the only thing that this version does'],
    ['--explain', 'also list what stays, each with the reason'],
    ['--days <number>', `keep what is younger (default ${defaults.days})`],
    ['--newest <number>', `keep so many generations of each channel (default ${defaults.newest})`],
  ],
  examples: ['sluice gc --dry-run', 'sluice gc --dry-run --explain --days 90'],
  how: {
    needs: 'reading',
    async run(call, { installation }) {
      if (call.options.dryRun !== true) throw removesNothing();
      const days = countOption(call, 'days', defaults.days);
      const newest = countOption(call, 'newest', defaults.newest);
      const items = await garbageReport(installation, { retentionSeconds: days * 86_400, newest });
      const explain = call.options.explain === true;
      const removable = items.filter((i) => i.keptBy === undefined);
      const kept = items.filter((i) => i.keptBy !== undefined);
      return {
        kind: 'Garbage',
        data: { days, newest, removable, keptCount: kept.length, kept: explain ? kept : [] },
        text: (paint) => garbageText({ items, explain }, paint),
        exit: 0,
      };
    },
  },
};

function countOption(call: Call, name: string, otherwise: number): number {
  const text = textOption(call, name);
  if (text === undefined) return otherwise;
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new Fault('Usage', {
    object: `--${name}`,
    check: 'a whole number from 1 on',
    found: text,
    fix: `Give --${name} ${otherwise}, or leave it out.`,
  });
}

function removesNothing(): Fault {
  return new Fault('NotYet', {
    object: 'sluice gc',
    check: 'removal is part of this version',
    expected: '--dry-run',
    fix: 'Run `sluice gc --dry-run --explain`. Nothing was removed.',
  });
}

interface Shown {
  readonly items: readonly GarbageItem[];
  readonly explain: boolean;
}

function garbageText({ items, explain }: Shown, paint: Paint): string {
  const rows = garbageKinds.map((kind) => {
    const of = items.filter((i) => i.kind === kind);
    const gone = of.filter((i) => i.keptBy === undefined);
    const stays = of.filter((i) => i.keptBy !== undefined);
    return [`${kind}s`, String(stays.length), size(stays), String(gone.length), size(gone)];
  });
  const lists = items
    .filter((i) => explain || i.keptBy === undefined)
    .map((i) => `${i.keptBy === undefined ? 'could go' : 'stays   '}  ${itemText(i)}`);
  return [
    table([['WHAT', 'STAYS', 'BYTES', 'COULD GO', 'BYTES'], ...rows], paint),
    ...lists,
    'Nothing was removed. The log of generations in git keeps every record; what a removed generation served can be',
    'made again only while the bytes of its packages exist somewhere.',
  ].join('\n');
}

const size = (items: readonly GarbageItem[]): string =>
  String(items.reduce((sum, i) => sum + i.sizeBytes, 0));

function itemText({ kind, name, sizeBytes, keptBy }: GarbageItem): string {
  const why = keptBy === undefined ? 'nothing names it' : keptBy;
  return `${kind} ${name}  ${sizeBytes} bytes  ${why}`;
}
