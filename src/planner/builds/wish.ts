import {
  type Answer,
  type BuildQuestionKind,
  type BuildRecipe,
  type BuildRequest,
  type BuildReview,
  canonicalDigest,
  type FileEdit,
  type HeldAdvisory,
  type Hold,
  type Place,
  type ProposalRequest,
  parseNevra,
  type Sha256,
  type SourcePackage,
} from '../../model/index.ts';
import { compareText } from '../compare-text.ts';
import { summaryOf } from '../questions/wish.ts';
import type { Context } from '../world.ts';

/** A change of the policy that a build waits for: made by the controller or asked of people. */
export interface BuildWish {
  readonly kind: BuildQuestionKind;
  /** `sign/<slug of the update>`; the branch is made of it. */
  readonly identity: string;
  /** `update:<id>` or `policy:<name>`. */
  readonly subject: string;
  readonly answer: 'auto' | 'ask';
  readonly title: string;
  readonly effect: string;
  readonly why: string;
  readonly edits: readonly FileEdit[];
  readonly review: BuildReview;
  readonly advisory?: HeldAdvisory;
  /** What people should know before they answer. */
  readonly gates: ProposalRequest['gates'];
  readonly at: Place;
  /** What is found out before it is asked. */
  readonly after?: Hold;
}

/** What a review is bound to: the edits, which have every digest in them, and what a trial showed. */
export function digestOfWish({ kind, edits, review: { trial } }: BuildWish): Sha256 {
  const tried = trial && { patches: trial.patches, problem: trial.problem ?? '' };
  return canonicalDigest({ kind, edits, ...(tried ? { tried } : {}) });
}

export function requestOfWish(wish: BuildWish): BuildRequest {
  const { kind, identity, title, effect, why, edits, review, advisory, gates, at } = wish;
  return {
    ...{ kind, identity, title, effect, why, edits, gates, at },
    advisories: advisory ? [summaryOf(advisory.advisory)] : [],
    deltaDigest: digestOfWish(wish),
    build: review,
  };
}

/** A policy's answer to a question about builds; what it does not say is asked. */
export const answerOf = (
  policy: { readonly approvals: Readonly<Record<string, Answer>> },
  question: 'start' | 'build' | 'sign',
): Answer => policy.approvals[question] ?? 'ask';

/** A recipe in lines that people can compare. */
export function recipeLines(recipe: BuildRecipe): readonly string[] {
  const defines = Object.entries(recipe.defines).toSorted(([a], [b]) => compareText(a, b));
  return [
    ...recipe.patches.map((p) => `patch ${p.path} (sha256 ${p.sha256.slice(0, 16)})`),
    ...(recipe.dist === undefined ? [] : [`dist ${recipe.dist}`]),
    ...defines.map(([name, value]) => `define ${name} ${value}`),
    ...recipe.with.map((name) => `with ${name}`),
    ...recipe.without.map((name) => `without ${name}`),
    ...recipe.args.map((arg) => `argument ${arg}`),
    ...(recipe.alsoMakes ?? []).map((name) => `also makes ${name}`),
    ...(recipe.leavesOut ?? []).map((name) => `leaves out ${name}`),
  ];
}

/** Against the last build of the same package that channels were offered, where there is one. */
export function recipeReview(
  context: Context,
  source: SourcePackage,
  recipe: BuildRecipe,
): readonly string[] {
  const now = recipeLines(recipe);
  const before = lastRecipe(context, source);
  if (!before) return now;
  const old = recipeLines(before);
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.map((line) => (old.includes(line) ? line : `+ ${line}`)),
  ];
}

function lastRecipe({ desired, actual }: Context, source: SourcePackage): BuildRecipe | undefined {
  const name = parseNevra(source.nevra)?.name;
  const records = [...desired.updates.values()].flatMap(({ build }) => {
    if (!build || parseNevra(build.source.nevra)?.name !== name) return [];
    return Object.values(build.results).flatMap(
      (key) => actual.builds?.get(key)?.records.at(-1) ?? [],
    );
  });
  return records.toSorted((a, b) => b.endedAt - a.endedAt)[0]?.inputs.recipe;
}
