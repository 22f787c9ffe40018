import { type Code, type CommitId, type Hold, placeText } from '../model/index.ts';
import { decisionsOf, judge, peopleOf, ruleFor, type Verdict } from '../policy/index.ts';
import type { CommitInfo, Ports } from '../ports.ts';
import { commitChange, oddFile } from './commit-change.ts';
import { type Deciders, decidersOf } from './deciders.ts';
import { accessKeys, type RulesAt, readRules, rulesAt } from './rules-at.ts';

type JudgePorts = Pick<Ports, 'policyGit' | 'clock'> & Partial<Pick<Ports, 'forge'>>;

export interface Judged {
  readonly accepted: readonly CommitInfo[];
  /** Why the first commit that is not accepted is not; nothing after it is looked at. */
  readonly hold?: Hold;
  readonly refused?: CommitId;
}

/**
 * Judges commits in order, each by the rules of its parent, and stops at the first that may not decide what it decides.
 * In trust mode `open` every commit is accepted. `acknowledged`: an operator answers for the history up to it.
 */
export async function judgeCommits(
  ports: JudgePorts,
  commits: readonly CommitInfo[],
  start: { readonly from: CommitId; readonly acknowledged?: CommitId | undefined },
): Promise<Judged> {
  const { policyGit } = ports;
  const answeredFor = commits.findIndex((c) => c.id === start.acknowledged);
  let previous = start.from;
  let rules = await rulesAt(policyGit, previous);
  for (const [i, commit] of commits.entries()) {
    const paths = await policyGit.changedPaths(previous, commit.id);
    if (i > answeredFor && rules.trust !== 'open') {
      const objection = await objectionTo(ports, commit, { previous, paths, rules });
      if (objection) {
        const hold = held(commit, { previous, rules, objection });
        return { accepted: commits.slice(0, i), hold, refused: commit.id };
      }
    }
    if (paths.some(mayChangeRules)) rules = await rulesAt(policyGit, commit.id);
    previous = commit.id;
  }
  return { accepted: commits };
}

const mayChangeRules = (path: string): boolean =>
  /^(sluice\.yaml|access\.yaml|keys\/.*)$/.test(path);

interface Circumstances {
  readonly previous: CommitId;
  /** What differs from the commit before. */
  readonly paths: readonly string[];
  readonly rules: RulesAt;
}

interface Objection {
  readonly code: Code;
  readonly text: string;
  readonly verdict?: Verdict;
  /** Nothing was decided about it: it is judged again at the next pass. */
  readonly waits?: boolean;
}

const waiting: Code = 'ForgeUnavailable';

async function objectionTo(
  ports: JudgePorts,
  commit: CommitInfo,
  about: Circumstances,
): Promise<Objection | undefined> {
  const { previous, paths } = about;
  if (commit.parents[0] !== previous) {
    // Its first parent is not what was accepted, so its difference would hide what it takes away.
    const text = `its first parent is ${commit.parents[0] ?? 'none'}, not the commit before it: it merges the wrong way round`;
    return { code: 'HistoryRewritten', text };
  }
  const deciders = await decidersOf(ports, commit, about);
  if ('problem' in deciders) {
    return { code: deciders.code, text: deciders.problem, waits: deciders.code === waiting };
  }
  const odd = await oddFile(ports.policyGit, commit.id, paths);
  if (odd !== undefined) return { code: 'PolicyUnreadable', text: odd };
  return (
    (await notAllowed(ports, commit, { ...about, deciders })) ??
    (await rulesObjection(ports, commit, { ...about, deciders }))
  );
}

type Decided = Circumstances & { readonly deciders: Deciders };

async function notAllowed(
  ports: JudgePorts,
  commit: CommitInfo,
  { previous, paths, rules, deciders }: Decided,
): Promise<Objection | undefined> {
  const { access } = rules;
  if (access === undefined) return { code: 'NotAllowed', text: 'there is no access.yaml' };
  const after = await readRules(ports.policyGit, commit.id);
  const keys = new Set([
    ...accessKeys(rules),
    ...('rules' in after ? accessKeys(after.rules) : []),
  ]);
  const change = await commitChange(
    ports.policyGit,
    { parent: previous, commit: commit.id, paths },
    keys,
  );
  const decisions = decisionsOf(change);
  const alone = judge(access, deciders.people, decisions);
  if (alone.every((v) => v.allowed)) return undefined;
  const people = [...deciders.people, ...(await deciders.others(rules))];
  const denied = judge(access, people, decisions).find((v) => !v.allowed);
  if (denied === undefined) return undefined;
  return { code: 'NotAllowed', text: `${deciders.told}; ${denied.text}`, verdict: denied };
}

/** A change of the rules leaves rules that can be read, and somebody who made it may change them again. */
async function rulesObjection(
  ports: JudgePorts,
  commit: CommitInfo,
  { paths, rules, deciders }: Decided,
): Promise<Objection | undefined> {
  if (!paths.some(mayChangeRules)) return undefined;
  const after = await readRules(ports.policyGit, commit.id);
  if ('problem' in after) {
    return { code: 'NotAllowed', text: `it leaves rules that cannot be read: ${after.problem}` };
  }
  const { access, trust } = after.rules;
  if (access === undefined || trust === 'open' || !paths.includes('access.yaml')) return undefined;
  const { rule } = ruleFor(access, 'change-access', ['access']);
  const owners = rule === undefined ? [] : peopleOf(access, rule.from);
  const people = [...deciders.people, ...(await deciders.others(after.rules))];
  if ([...people, ...(await deciders.others(rules))].some((name) => owners.includes(name))) {
    return undefined;
  }
  const text = `${deciders.told}; nobody who may change access.yaml under its new rules (${owners.join(', ')}) ${deciders.verb} it too`;
  return { code: 'NotAllowed', text };
}

function held(
  commit: CommitInfo,
  about: {
    readonly previous: CommitId;
    readonly rules: RulesAt;
    readonly objection: Objection;
  },
): Hold {
  const { previous, rules, objection } = about;
  const { code, text, verdict } = objection;
  const name = `commit ${commit.id} ("${commit.subject.slice(0, 80)}")`;
  const kept = `The accepted commit ${previous} stays in force.`;
  if (objection.waits) {
    return {
      ...{ code, subject: 'policy', text: `${name} is waiting for the forge: ${text}. ${kept}` },
      awaits: 'the forge: it is asked again at every pass, and nothing is accepted until then',
    };
  }
  const rule = verdict?.rule;
  const who = verdict === undefined ? 'its author' : 'those whom the rule names';
  const anew =
    rules.trust === 'forge'
      ? `the change again as a pull request, approved by ${verdict === undefined ? 'those who may decide it' : who}`
      : `the change again, signed by ${who}`;
  return {
    code,
    subject: 'policy',
    text: `${name} is refused: ${text}. ${kept}`,
    awaits:
      `main back at ${previous} and ${anew}` +
      `${rule === undefined ? '' : ` (${placeText(rule.at)})`}; ` +
      `or \`sluice acknowledge ${commit.id}\` by the operator of this machine`,
    ...(rule === undefined ? {} : { at: rule.at }),
  };
}
