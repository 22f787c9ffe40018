import {
  type Collected,
  collectGarbage,
  type GarbageItem,
  type GarbageKind,
  garbageKinds,
  garbageReport,
} from '../../controller/index.ts';
import { counted, Fault } from '../../model/index.ts';
import { bytesText } from '../event-printer.ts';
import { type Paint, table } from '../paint.ts';
import { type Call, type Opened, textOption, type Verb } from '../verb.ts';

export const gcVerb: Verb = {
  options: [
    ['--dry-run', 'only say what could go'],
    ['--explain', 'also list what stays, each with the reason'],
    ['--days <number>', 'keep what is younger (default: controller.yaml, else 30)'],
    ['--newest <number>', 'keep so many generations of each channel (default likewise, else 4)'],
  ],
  examples: ['sluice gc --dry-run --explain', 'sluice gc', 'sluice gc --days 90'],
  how: {
    needs: 'writing',
    reads: (call) => call.options.dryRun === true,
    async run(call, opened) {
      const { days, newest } = asked(call, opened);
      const rules = { retentionSeconds: days * 86_400, newest };
      const { items, removed }: Pick<Collected, 'items'> & Partial<Collected> =
        call.options.dryRun === true
          ? { items: await garbageReport(opened.installation, rules) }
          : await collectGarbage(opened.installation, rules);
      const explain = call.options.explain === true;
      const removable = items.filter((i) => i.keptBy === undefined);
      const kept = items.filter((i) => i.keptBy !== undefined);
      return {
        kind: 'Garbage',
        data: {
          days,
          newest,
          removable,
          removed,
          keptCount: kept.length,
          kept: explain ? kept : [],
        },
        text: (paint) => garbageText({ items, explain, removed }, paint),
        exit: 0,
      };
    },
  },
};

function asked(call: Call, { site }: Opened): { readonly days: number; readonly newest: number } {
  const { days, newest } = site.config.gc;
  return { days: countOption(call, 'days', days), newest: countOption(call, 'newest', newest) };
}

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

interface Shown {
  readonly items: readonly GarbageItem[];
  readonly explain: boolean;
  readonly removed?: Collected['removed'] | undefined;
}

const plural: Readonly<Record<GarbageKind, string>> = {
  trial: 'trials',
  address: 'addresses',
  generation: 'generations',
  snapshot: 'snapshots',
  object: 'objects',
  block: 'blocks',
  package: 'packages',
};

function garbageText({ items, explain, removed }: Shown, paint: Paint): string {
  const rows = garbageKinds.map((kind) => {
    const of = items.filter((i) => i.kind === kind);
    const gone = of.filter((i) => i.keptBy === undefined);
    const stays = of.filter((i) => i.keptBy !== undefined);
    return [plural[kind], String(stays.length), size(stays), String(gone.length), size(gone)];
  });
  const goes = removed ? 'removed ' : 'could go';
  const lists = items
    .filter((i) => explain || (i.keptBy === undefined && removed === undefined))
    .map((i) => `${i.keptBy === undefined ? goes : 'stays   '}  ${itemText(i)}`);
  const header = ['WHAT', 'STAYS', 'BYTES', removed ? 'REMOVED' : 'COULD GO', 'BYTES'];
  return [table([header, ...rows], paint), ...lists, ending(removed)].join('\n');
}

function ending(removed: Collected['removed'] | undefined): string {
  if (removed) {
    const count = Object.values(removed.counts).reduce((sum, n) => sum + n, 0);
    return count === 0
      ? 'Nothing to remove.'
      : `Removed ${counted(count, 'thing')}; ${bytesText(removed.freedBytes)} (${removed.freedBytes} bytes) are free again.`;
  }
  return [
    'Nothing was removed; `sluice gc` removes it. Files that generations share are counted in each of them. The log of',
    'generations in git keeps every record; what a removed generation served can be made again only while the bytes of',
    'its packages exist somewhere.',
  ].join('\n');
}

const size = (items: readonly GarbageItem[]): string =>
  String(items.reduce((sum, i) => sum + i.sizeBytes, 0));

function itemText({ kind, name, sizeBytes, keptBy }: GarbageItem): string {
  const why = keptBy === undefined ? 'nothing names it' : keptBy;
  return `${kind} ${name}  ${sizeBytes} bytes  ${why}`;
}
