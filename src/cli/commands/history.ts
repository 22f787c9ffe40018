import { Fault, type GenerationRecord } from '../../model/index.ts';
import { table } from '../paint.ts';
import { textArgument, type Verb } from '../verb.ts';

export const historyVerb: Verb = {
  arguments: [['<channel>', 'name of a channel']],
  examples: ['sluice history testing', 'sluice history production --output json'],
  how: {
    needs: 'reading',
    async run(call, { installation }) {
      const name = textArgument(call, 0) ?? '';
      const records = installation.memory().generations.get(name);
      if (!records) throw noGenerations(name, [...installation.memory().generations.keys()]);
      const newestFirst = records.toReversed();
      return {
        kind: 'History',
        data: { channel: name, generations: newestFirst },
        text: (paint) =>
          table(
            [['GENERATION', 'TIME', 'COMMIT', 'ENTERED', 'CONTENT'], ...newestFirst.map(row)],
            paint,
          ),
        exit: 0,
      };
    },
  },
};

function row(record: GenerationRecord): readonly string[] {
  const entered =
    record.entered === 'all' ? 'everything' : String(Object.values(record.entered).flat().length);
  const time = new Date(record.time * 1000).toISOString().slice(0, 19);
  return [
    String(record.number),
    `${time}Z`,
    record.commit.slice(0, 12),
    entered,
    record.content.slice(0, 19),
  ];
}

function noGenerations(name: string, known: readonly string[]): Fault {
  return new Fault('NotFound', {
    object: `channel ${name}`,
    check: 'nothing was published under this name yet',
    found: known.length === 0 ? 'no generations at all' : `generations of ${known.join(', ')}`,
    fix: 'Run `sluice status` to see the channels and what they wait for.',
  });
}
