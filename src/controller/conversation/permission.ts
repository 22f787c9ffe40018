import { type Decision, type Desired, type ProposalRecord, parseNevra } from '../../model/index.ts';
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

/** What a proposal is about, as the rules name it. */
export function rejection(record: ProposalRecord): Decision {
  const [kind = '', channel = '', slug] = record.identity.split('/');
  const promotes = ['promotion', 'errata', 'packages', 'reissue'].includes(kind);
  const object =
    promotes && slug !== undefined ? `promotion/${channel}/${slug}` : `channel/${channel}`;
  const names = Object.values(record.brings ?? {}).flatMap((lines) =>
    lines.flatMap((line) => {
      const [word, nevra = ''] = line.split(' ');
      return word === 'package' ? [parseNevra(nevra)?.name ?? nevra] : [];
    }),
  );
  const packages = [...new Set(names)].toSorted();
  return { verb: 'reject', object, also: [], packages, path: '' };
}
