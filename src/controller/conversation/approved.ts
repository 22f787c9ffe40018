import { type CommentCommand, peopleOf, ruleFor } from '../../policy/index.ts';
import type { Installation } from '../installation.ts';
import { channelOf } from './command-edits.ts';
import type { Asked, Outcome } from './outcome.ts';
import { subjectOf } from './permission.ts';

type Approving = Asked & {
  readonly command: Extract<CommentCommand, { readonly verb: 'approve' }>;
  readonly name: string;
};

/**
 * An approval is of one delta and one head. On a forge the comment itself is the approval and is read there with the
 * reviews; without a forge it is written down as `sluice pr approve` does.
 */
export async function approved(c: Installation, asked: Approving): Promise<Outcome> {
  const { record, command, comment, name } = asked;
  const { number, head, deltaDigest: delta } = record;
  const refused = (why: string, fix: string): Outcome => ({ kind: 'refused', why, fix });
  const line = `/sluice approve ${delta} ${head}`;
  if (!asksFor(asked)) {
    const why = `approve: neither the gate of ${channelOf(record)} nor a rule asks for ${name}`;
    return refused(why, `those whom sluice/approvals names`);
  }
  if (command.delta !== delta) {
    return refused(
      `approve: proposal ${number} shows another delta now, ${delta}`,
      `a look, then ${line}`,
    );
  }
  if (command.head !== undefined && command.head !== head) {
    return refused(
      `approve: the head of proposal ${number} is ${head} now`,
      `a look, then ${line}`,
    );
  }
  if (command.head === undefined && (record.edited || comment.signed !== undefined)) {
    const because = record.edited
      ? `people committed to the branch of proposal ${number}`
      : 'a signed comment is the approval itself';
    return refused(`approve: ${because}, so the head has to be named`, `a look, then ${line}`);
  }
  if (comment.forge === undefined) {
    const proof = comment.signed === undefined ? undefined : comment.id;
    await c.ports.forge.approve(number, name, proof);
  } else if (!counts(asked)) {
    return refused(
      `approve: proposal ${number} was changed after the comment`,
      `a look, then ${line}`,
    );
  }
  return {
    kind: 'done',
    lines: [`${name} approves proposal ${number}: head ${head}, delta ${delta}.`],
  };
}

/** As the adapter read it from the forge. */
function counts({ record, comment }: Approving): boolean {
  return (record.approvals ?? []).some(
    (a) =>
      a.person.toLowerCase() === comment.person.toLowerCase() &&
      a.head === record.head &&
      a.delta === record.deltaDigest,
  );
}

/** The channel's gate names the person, or where approvals decide, the rule for what is merged. */
function asksFor({ desired, record, name }: Approving): boolean {
  const { access, site } = desired;
  const from = desired.channels.get(channelOf(record))?.gates.approvals?.from ?? [];
  const people = from.flatMap((who) => access?.teams.get(who.replace(/^team:/, '')) ?? [who]);
  if (people.includes(name)) return true;
  if (site.trust !== 'forge' || access === undefined) return false;
  const { object, packages, verbs } = subjectOf(record);
  const objects = [[object], ...packages.map((p) => [object, `package/${p}`])];
  return objects.some((each) =>
    verbs.some((verb) =>
      peopleOf(access, ruleFor(access, verb, each).rule?.from ?? []).includes(name),
    ),
  );
}
