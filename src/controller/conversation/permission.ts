import {
  type Decision,
  type Desired,
  type ProposalRecord,
  parseNevra,
  type Verb,
} from '../../model/index.ts';
import { judge } from '../../policy/index.ts';
import type { Refusal } from './outcome.ts';

/** Where nobody wrote access rules whoever can push decides, and only they get this far. */
export function denied(
  { access }: Pick<Desired, 'access'>,
  name: string,
  decisions: readonly Decision[],
): Refusal | undefined {
  if (access === undefined) return undefined;
  const verdict = judge(access, [name], decisions).find((v) => !v.allowed);
  if (verdict === undefined) return undefined;
  const { rule, decision, object, text } = verdict;
  const several = (rule?.count ?? 1) > 1 ? 'a pull request that enough of them approve, or ' : '';
  const fix = `${several}somebody who may: sluice can-i PERSON ${decision.verb} ${object}`;
  return { kind: 'refused', why: text, fix };
}

/** What a proposal is about, as the rules name it, and what its merge decides. */
export interface Subject {
  readonly object: string;
  readonly verbs: readonly Verb[];
  /** Names of packages that it brings. */
  readonly packages: readonly string[];
}

const builds: Readonly<Record<string, readonly [folder: string, verb: Verb]>> = {
  start: ['update', 'start'],
  build: ['update', 'build-package'],
  sign: ['update', 'sign'],
  'special-case': ['policy', 'special-case'],
  rebase: ['policy', 'build'],
};

export function subjectOf(record: Pick<ProposalRecord, 'identity' | 'brings'>): Subject {
  const [kind = '', first = '', slug] = record.identity.split('/');
  const names = Object.values(record.brings ?? {}).flatMap((lines) =>
    lines.flatMap((line) => {
      const [word, nevra = ''] = line.split(' ');
      return word === 'package' ? [parseNevra(nevra)?.name ?? nevra] : [];
    }),
  );
  const packages = [...new Set(names)].toSorted();
  const [folder, verb] = (Object.hasOwn(builds, kind) ? builds[kind] : undefined) ?? [];
  if (folder !== undefined && verb !== undefined) {
    return { object: `${folder}/${first}`, verbs: [verb], packages };
  }
  const promotes = ['promotion', 'errata', 'packages', 'reissue', 'built'].includes(kind);
  return promotes && slug !== undefined
    ? { object: `promotion/${first}/${slug}`, verbs: ['promote'], packages }
    : { object: `channel/${first}`, verbs: ['pin', 'promote'], packages };
}

/** Saying no to a proposal, as a decision. */
export function rejection(record: ProposalRecord): Decision {
  const { object, packages } = subjectOf(record);
  return { verb: 'reject', object, also: [], packages, path: '' };
}
