import { isoTime } from '../controller/index.ts';
import type { ProposalRecord } from '../model/index.ts';
import type { ProposalComment } from '../ports.ts';
import type { Paint } from './paint.ts';

export interface Shown {
  readonly proposal: ProposalRecord;
  readonly comments: readonly ProposalComment[];
}

/** A proposal as `sluice pr show` prints it: how it stands, its text, and what was said below it. */
export function proposalText({ proposal, comments }: Shown, paint: Paint): string {
  const { number, title, state, statuses = [], body } = proposal;
  const head = `${paint('bold', `#${number} ${title}`)}  ${state}${approvalsText(proposal)}`;
  const lines = statuses.map((s) => {
    const colour = s.state === 'success' ? 'green' : s.state === 'failure' ? 'red' : 'yellow';
    return `sluice/${s.name}: ${paint(colour, s.state)}, ${s.text}`;
  });
  const said = comments.map((c) => {
    const answer = c.answer === undefined ? '' : `\n${indented(c.answer)}`;
    return `${paint('bold', plain(c.person))} ${isoTime(c.at)}\n${indented(c.text)}${answer}`;
  });
  return [[head, ...lines].join('\n'), body.trimEnd(), ...said].join('\n\n');
}

/** Who approved it as it is now; earlier words are for the gate to name. */
function approvalsText({ approvals = [], head, deltaDigest }: ProposalRecord): string {
  const now = approvals.filter((a) => a.head === head && a.delta === deltaDigest);
  return now.length === 0 ? '' : `\napproved by ${now.map((a) => a.person).join(', ')}`;
}

/** Nothing that somebody wrote reaches the terminal as a control character. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?');

const indented = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => `  ${plain(line)}`.trimEnd())
    .join('\n');
