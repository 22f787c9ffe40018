import {
  type Access,
  type AccessRule,
  type Decision,
  matchesGlob,
  placeText,
} from '../../model/index.ts';

export interface Verdict {
  readonly decision: Decision;
  readonly allowed: boolean;
  /** The object that the rule was found by. */
  readonly object: string;
  /** The first rule that matches; undefined: there is none, and that means no. */
  readonly rule?: AccessRule;
  /** Why, with the place of the rule. */
  readonly text: string;
}

/**
 * May these people together decide this? Of each decision the first matching rule counts, in the order of the file; of
 * one that brings several packages every package must be allowed. What no rule names is denied.
 */
export function judge(
  access: Access,
  people: readonly string[],
  decisions: readonly Decision[],
): readonly Verdict[] {
  return decisions.map((decision) => {
    const verdicts = subjects(decision).map((objects) => {
      const matched = ruleFor(access, decision.verb, objects);
      return verdictOf({ access, people, decision, matched });
    });
    const [first] = verdicts;
    const denied = verdicts.find((v) => !v.allowed);
    if (first === undefined) throw new Error('a decision is always about something');
    return denied ?? first;
  });
}

/** The first rule that names the verb and one of the objects. */
export function ruleFor(
  access: Access,
  verb: string,
  objects: readonly string[],
): { readonly object: string; readonly rule?: AccessRule } {
  for (const rule of access.rules) {
    if (!rule.may.some((v) => v === verb)) continue;
    const object = objects.find((o) => rule.on.some((glob) => matchesGlob(glob, o)));
    if (object !== undefined) return { object, rule };
  }
  return { object: objects[0] ?? '' };
}

/** The people that a rule's `from` stands for, without repetition. */
export function peopleOf(access: Access, from: readonly string[]): readonly string[] {
  const names = from.flatMap((name) => access.teams.get(name) ?? [name]);
  return [...new Set(names)].filter((name) => access.people.has(name));
}

/** `RHSA-…` brings two packages: it is asked about twice, once with each. */
function subjects({ object, also, packages }: Decision): readonly (readonly string[])[] {
  const names = packages.length === 0 ? [[]] : packages.map((name) => [`package/${name}`]);
  return names.map((name) => [object, ...also, ...name]);
}

function verdictOf(asked: {
  readonly access: Access;
  readonly people: readonly string[];
  readonly decision: Decision;
  readonly matched: ReturnType<typeof ruleFor>;
}): Verdict {
  const { access, people, decision, matched } = asked;
  const { rule, object } = matched;
  const what = `${decision.verb} ${decision.object}${object === decision.object ? '' : ` (${object})`}`;
  if (rule === undefined) {
    return { decision, allowed: false, object, text: `${what}: no rule of access.yaml names it` };
  }
  const may = peopleOf(access, rule.from);
  const present = [...new Set(people)].filter((name) => may.includes(name));
  const allowed = present.length >= rule.count;
  const needed = `${rule.count} of ${may.join(', ') || 'nobody'}`;
  const given = present.join(', ') || `none (${people.join(', ') || 'nobody'} does not count)`;
  const text = `${what}: the rule at ${placeText(rule.at)} needs ${needed}; present: ${given}`;
  return { decision, allowed, object, rule, text };
}
