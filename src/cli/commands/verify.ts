import { verify } from '../../controller/index.ts';
import type { Verb } from '../verb.ts';

export const verifyVerb: Verb = {
  examples: ['sluice verify', 'sluice verify --output json'],
  how: {
    needs: 'reading',
    async run(_call, { installation }) {
      const results = await verify(installation);
      const bad = results.some((r) => r.problems.length > 0);
      return {
        kind: 'Verification',
        data: { channels: results },
        text: (paint) =>
          results
            .flatMap((r) => [
              `${r.channel} generation ${r.generation}: ${r.packages} packages, ${
                r.problems.length === 0
                  ? paint('green', 'all as recorded')
                  : paint('red', `${r.problems.length} problems`)
              }`,
              ...r.problems.map((p) => `  ${p}`),
            ])
            .join('\n') || 'nothing is published yet',
        exit: bad ? 4 : 0,
      };
    },
  },
};
