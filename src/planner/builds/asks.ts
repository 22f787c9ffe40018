import type { BuildAsk } from '../../model/index.ts';
import type { Context } from '../world.ts';
import { reviewedSource } from './built-here.ts';
import { openAsks, recipeOf } from './inputs.ts';
import type { SourceCandidate } from './source-candidates.ts';
import { type BuildWish, recipeReview } from './wish.ts';

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
    const asked = openAsks(policy);
    const open = asked.flatMap(([name, ask]) => {
      const suggested = ask.default;
      return suggested === undefined ? [] : [[name, { ...ask, default: suggested }] as const];
    });
    // Nothing could stand on its branch: the hold of the build says what is missing.
    if (open.length === 0) return [];
    const unknown = asked.filter(([, ask]) => ask.default === undefined);
    const recipe = recipeOf(context, policy);
    return [
      {
        kind: 'special-case',
        identity: `special-case/${policy.name}`,
        subject: `policy:${policy.name}`,
        answer: 'ask',
        title: `Answer ${asked.map(([name]) => name).join(', ')} for builds of ${policy.name}`,
        effect: `${policy.at.file} says ${open.map(([name, ask]) => `${name}: ${ask.default}`).join(', ')}, for this build and later ones.`,
        why: asked
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
        gates: unknown.map((each) => ({
          code: 'BuildWaits',
          text: `${missingAnswer(each)}; write it on this branch or in ${policy.at.file}: nothing is built before`,
          reported: true,
        })),
        at: policy.at,
      },
    ];
  });
}

/** Which parameter only people can know, and what an answer looks like. */
export const missingAnswer = ([name, ask]: readonly [string, BuildAsk]): string =>
  `build.params.${name} has no suggested answer: ${ask.description} ${wordsFor(ask)}`;

const wordsFor = ({ type, choices }: BuildAsk): string =>
  type === 'choice' ? choices.join(' or ') : type;
