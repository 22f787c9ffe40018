import { plainAnswer } from '../answer.ts';
import type { Verb } from '../verb.ts';

export const whyVerb: Verb = {
  name: 'why',
  summary: '',
  examples: [],
  how: { needs: 'nothing', run: async () => plainAnswer('X', '') },
};
