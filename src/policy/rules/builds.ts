import type { Policy, PolicyBuild } from '../../model/index.ts';
import type { Entries } from '../entries.ts';
import { errorAt, type Finding, warningAt } from '../finding.ts';
import { answerProblem } from '../kinds/build-block.ts';
import { didYouMean } from '../suggest.ts';
import { sourceFindings } from './build-sources.ts';
import { unknownName } from './known.ts';

/** What policies say about builds names what exists, and every answer fits its question. */
export function buildsFit(entries: Entries): readonly Finding[] {
  const findings = entries.policies.flatMap((policy) => {
    const { build } = policy;
    if (build === undefined) return [];
    if (!isBuilt(policy)) return [buildsNothing(entries, policy)];
    const about: Case = { entries, policy, build };
    return [
      ...sourceFindings(about),
      ...patchFindings(about),
      ...rootFindings(about),
      ...archFindings(about),
      ...conditionFindings(about),
      ...answerFindings(about),
    ];
  });
  return [...findings, ...unusedPatches(entries)];
}

/** One policy that builds, and everything around it. */
export interface Case {
  readonly entries: Entries;
  readonly policy: Policy;
  readonly build: PolicyBuild;
}

const isBuilt = ({ action }: Policy): boolean => action === 'rebuild' || action === 'replace';

function buildsNothing({ placeOf }: Entries, policy: Policy): Finding {
  const message = `"build" says how to build, but action "${policy.action}" builds nothing`;
  const fix = 'Write action: rebuild or action: replace, or delete build.';
  return errorAt(placeOf(policy.at.file, ['build']), 'PolicyConflict', { message, fix });
}

function patchFindings({ entries, policy, build }: Case): readonly Finding[] {
  return build.patches.flatMap((path, i) => {
    const at = entries.placeOf(policy.at.file, ['build', 'patches', i]);
    if (build.patches.indexOf(path) !== i) {
      const message = `the patch ${path} is listed twice`;
      return [errorAt(at, 'PolicyConflict', { message, fix: 'Keep one of the two.' })];
    }
    if (entries.patches.has(path)) return [];
    const fix = `${didYouMean(path, [...entries.patches.keys()])}Add the file, or take it out here.`;
    return [errorAt(at, 'PolicyReference', { message: `there is no file ${path}`, fix })];
  });
}

function rootFindings({ entries, policy, build }: Case): readonly Finding[] {
  if (build.root === undefined || build.root === 'host') return [];
  return build.root.flatMap((name, i) =>
    unknownName(entries, 'Channel', {
      name,
      at: entries.placeOf(policy.at.file, ['build', 'root', i]),
    }),
  );
}

/** A result of an architecture that no channel has would be built for nobody. */
function archFindings({ entries, policy, build }: Case): readonly Finding[] {
  const trees = new Set(entries.channels.flatMap((c) => c.trees));
  return build.arches.flatMap((arch, i) => {
    if (trees.has(arch)) return [];
    const at = entries.placeOf(policy.at.file, ['build', 'arches', i]);
    const message = `no channel has a tree "${arch}"`;
    const fix = `${didYouMean(arch, [...trees])}Add the tree to a channel, or take it out here.`;
    return [errorAt(at, 'PolicyReference', { message, fix })];
  });
}

function conditionFindings({ entries, policy, build }: Case): readonly Finding[] {
  return build.without.flatMap((name, i) => {
    if (!build.with.includes(name)) return [];
    const at = entries.placeOf(policy.at.file, ['build', 'without', i]);
    const message = `"${name}" is switched on by with and off by without`;
    return [errorAt(at, 'PolicyConflict', { message, fix: 'Keep one of the two.' })];
  });
}

function answerFindings({ entries, policy, build }: Case): readonly Finding[] {
  const answers = Object.entries(build.params).flatMap(([name, answer]) => {
    const at = entries.placeOf(policy.at.file, ['build', 'params', name]);
    const ask = build.asks[name];
    if (ask === undefined) {
      const fix = `${didYouMean(name, Object.keys(build.asks))}Declare it under asks, or write it as one of defines.`;
      return [errorAt(at, 'PolicyReference', { message: `no ask is called "${name}"`, fix })];
    }
    const problem = answerProblem(ask, answer);
    if (problem === undefined) return [];
    const message = `params.${name}: ${problem}, found ${JSON.stringify(answer)}`;
    return [errorAt(at, 'PolicyInvalid', { message, fix: ask.description })];
  });
  const twice = Object.keys(build.asks).filter((name) => Object.hasOwn(build.defines, name));
  return [
    ...answers,
    ...twice.map((name) => {
      const at = entries.placeOf(policy.at.file, ['build', 'asks', name]);
      const message = `"${name}" is asked for and set by defines`;
      return errorAt(at, 'PolicyConflict', { message, fix: 'Keep one of the two.' });
    }),
  ];
}

/** A file that nobody applies may be a forgotten line in a policy. */
function unusedPatches({ policies, patches }: Entries): readonly Finding[] {
  const used = new Set(policies.flatMap((p) => p.build?.patches ?? []));
  return [...patches.keys()]
    .filter((path) => !used.has(path))
    .map((file) => {
      const message = 'no policy applies this file';
      const fix = 'Name it in build.patches of a policy, or delete it.';
      return warningAt({ file, line: 1, col: 1 }, 'PolicyReference', { message, fix });
    });
}
