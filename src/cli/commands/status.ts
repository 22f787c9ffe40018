import { status } from '../../controller/index.ts';
import { codes } from '../../model/index.ts';
import { statusText } from '../../reporter/index.ts';
import type { Verb } from '../verb.ts';

export const statusVerb: Verb = {
  examples: ['sluice status', 'sluice status --output json'],
  how: {
    needs: 'reading',
    async run(_call, { installation }) {
      const view = await status(installation);
      const troubled =
        view.findings.length > 0 ||
        view.upstreams.some((u) => u.fault) ||
        view.holds.some((h) => codes[h.code].exit !== 0);
      return {
        kind: 'Status',
        data: view,
        text: (paint) => statusText(view, paint),
        exit: view.pending > 0 || troubled ? 1 : 0,
      };
    },
  },
};
