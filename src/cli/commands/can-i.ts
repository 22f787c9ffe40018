import { readPolicyAt } from '../../controller/index.ts';
import { type Desired, Fault, placeText, type Verb as Right, verbs } from '../../model/index.ts';
import { judge, peopleOf, type Verdict } from '../../policy/index.ts';
import type { Answer } from '../answer.ts';
import type { Paint } from '../paint.ts';
import { policyCommit } from '../policy-commit.ts';
import { textArgument, type Verb } from '../verb.ts';

export const canIVerb: Verb = {
  arguments: [
    ['<person>', 'a name from access.yaml'],
    ['<verb>', 'such as promote, rollback, hold, change-policy'],
    ['<object>', 'such as promotion/production/RHSA-2026-1234, channel/production, package/kernel'],
  ],
  options: [['--at <rev>', 'by the rules of this commit']],
  examples: [
    'sluice can-i alice promote promotion/production/RHSA-2026-1234',
    'sluice can-i bob change-access access --output json',
  ],
  how: {
    needs: 'reading',
    async run(call, { installation }) {
      const commit = call.options.at
        ? await policyCommit(installation, call)
        : (installation.memory().desiredCommit ?? (await policyCommit(installation, call)));
      const { desired } = await readPolicyAt(installation.ports, commit);
      const person = textArgument(call, 0) ?? '';
      const verb = textArgument(call, 1) ?? '';
      const object = textArgument(call, 2) ?? '';
      return answerFor(desired, { person, verb: known(verb), object });
    },
  },
};

interface Question {
  readonly person: string;
  readonly verb: Right;
  readonly object: string;
}

function answerFor(desired: Desired | undefined, question: Question): Answer {
  const { person, verb, object } = question;
  const access = desired?.access;
  if (!desired || !access) throw noRules(desired === undefined);
  if (!access.people.has(person)) throw nobody(person, [...access.people.keys()]);
  const decision = { verb, object, also: [], packages: [], path: '' };
  const [verdict] = judge(access, [person], [decision]);
  const people = verdict?.rule ? peopleOf(access, verdict.rule.from) : [];
  const counts = people.includes(person);
  const alone = verdict?.allowed === true;
  return {
    kind: 'CanI',
    data: {
      ...question,
      allowed: alone,
      counts,
      trust: desired.site.trust,
      people,
      needed: verdict?.rule?.count,
      at: verdict?.rule?.at,
    },
    text: (paint) => text({ question, verdict, people, trust: desired.site.trust }, paint),
    exit: alone ? 0 : 3,
  };
}

interface Told {
  readonly question: Question;
  readonly verdict: Verdict | undefined;
  readonly people: readonly string[];
  readonly trust: Desired['site']['trust'];
}

function text({ question, verdict, people, trust }: Told, paint: Paint): string {
  const { person, verb, object } = question;
  const rule = verdict?.rule;
  const said = `${person} ${verb} ${object}`;
  const open =
    trust === 'open'
      ? `\ntrust mode open: nobody asks these rules; whoever can push to the policy repository decides`
      : '';
  if (rule === undefined) {
    return `${paint('red', 'no')}   ${said}\n  no rule of access.yaml names it, and what no rule names is denied${open}`;
  }
  const place = placeText(rule.at);
  const asked = `the first rule that matches is ${place}: may ${rule.may.join(', ')} on ${rule.on.join(', ')}`;
  const needed = `it needs ${rule.count} of ${people.join(', ') || 'nobody'}`;
  const answer = verdict?.allowed
    ? paint('green', 'yes')
    : people.includes(person)
      ? paint('yellow', 'not alone')
      : paint('red', 'no');
  return `${answer}  ${said}\n  ${asked}\n  ${needed}${open}`;
}

function known(verb: string): Right {
  const found = verbs.find((v) => v === verb);
  if (found !== undefined) return found;
  throw new Fault('Usage', {
    object: verb,
    check: 'a verb of the access rules',
    expected: verbs.join(', '),
    fix: 'Give one of these; docs/policy-files.md says what each means.',
  });
}

function noRules(invalid: boolean): Fault {
  return new Fault('NotFound', {
    object: 'access.yaml',
    check: invalid ? 'the policy can be read' : 'the policy has access rules',
    fix: invalid
      ? 'Run `sluice validate --at HEAD` and mend what it finds.'
      : 'Add access.yaml: docs/policy-files.md shows one. Until then, whoever can push decides.',
  });
}

function nobody(person: string, people: readonly string[]): Fault {
  return new Fault('NotFound', {
    object: person,
    check: 'a person of access.yaml',
    expected: people.join(', '),
    fix: 'Give one of these names.',
  });
}
