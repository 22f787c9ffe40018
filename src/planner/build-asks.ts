import type { BuildAsk } from '../model/index.ts';
import { openAsks, recipeOf } from './build-inputs.ts';
import { type BuildWish, recipeReview } from './build-wish.ts';
import { reviewedSource } from './built-here.ts';
import type { SourceCandidate } from './source-candidates.ts';
import type { Context } from './world.ts';

/**
 * What a special case has to be told before it is built, asked once for each policy: the proposal writes the suggested
 * answers into the policy, and whoever wants others changes them on its branch or in the file.
 */
export function askWishes(
  context: Context,
  candidates: readonly SourceCandidate[],
): readonly BuildWish[] {
  const byPolicy = new Map(candidates.map((c) => [c.policy.name, c]));
  return [...byPolicy.values()].flatMap(({ policy, source }): BuildWish[] => {
    const open = openAsks(policy);
    if (open.length === 0) return [];
    const recipe = recipeOf(context, policy);
    return [
      {
        kind: 'special-case',
        identity: `special-case/${policy.name}`,
        subject: `policy:${policy.name}`,
        answer: 'ask',
        title: `Answer ${open.map(([name]) => name).join(', ')} for builds of ${policy.name}`,
        effect: `${policy.at.file} says ${open.map(([name, ask]) => `${name}: ${ask.default}`).join(', ')}, for this build and later ones.`,
        why: open
          .map(([name, ask]) => `${name} (${wordsFor(ask)}): ${ask.description}`)
          .join(' · '),
        edits: open.map(([name, ask]) => ({
          kind: 'set',
          path: policy.at.file,
          at: ['build', 'params', name],
          value: ask.default,
        })),
        review: {
          ...reviewedSource(context, source),
          recipe: recipeReview(context, source, recipe),
          builds: [],
          outputs: [],
        },
        gates: [],
        at: policy.at,
      },
    ];
  });
}

const wordsFor = ({ type, choices }: BuildAsk): string =>
  type === 'choice' ? choices.join(' or ') : type;
