import { Fault, type ProposalRecord } from '../../model/index.ts';
import type { Forge } from '../../ports.ts';
import { type Answer, plainAnswer } from '../answer.ts';
import { operator } from '../operator.ts';
import { table } from '../paint.ts';
import { proposalText } from '../proposal-text.ts';
import { leaveToPeople } from '../signed-by-people.ts';
import { type Call, type Opened, textArgument, textOption, type Verb } from '../verb.ts';

const actions = ['list', 'show', 'comment', 'approve', 'merge', 'close'] as const;
type Action = (typeof actions)[number];

export const prVerb: Verb = {
  arguments: [
    ['<action>', actions.join(', ')],
    ['[number]', 'number of the proposal'],
    ['[text]', 'what the comment says, such as a /sluice command'],
  ],
  options: [
    ['--all', 'list closed and merged ones too'],
    ['--as <person>', 'whose word it is; default the one who types'],
  ],
  examples: [
    'sluice pr list',
    'sluice pr show 3',
    "sluice pr comment 3 '/sluice explain' --as alice",
    'sluice pr approve 3 --as alice',
    'sluice pr merge 3',
  ],
  how: {
    needs: 'writing',
    reads: (call) => ['list', 'show'].includes(textArgument(call, 0) ?? ''),
    async run(call, opened) {
      const action = textArgument(call, 0);
      if (!isAction(action)) throw unknownAction(action ?? '');
      return byAction[action](opened.installation.ports.forge, call, opened);
    },
  },
};

const isAction = (text: string | undefined): text is Action => actions.some((a) => a === text);

type Handler = (forge: Forge, call: Call, opened: Opened) => Promise<Answer>;

const byAction: { readonly [K in Action]: Handler } = {
  async list(forge, call) {
    const all = await forge.list();
    const shown = call.options.all === true ? all : all.filter((p) => p.state === 'open');
    return {
      kind: 'ProposalList',
      data: { proposals: shown },
      text: (paint) =>
        shown.length === 0
          ? 'no open proposals'
          : table([['NUMBER', 'STATE', 'BRANCH', 'TITLE'], ...shown.map(row)], paint),
      exit: 0,
    };
  },
  async show(forge, call) {
    const proposal = await find(forge, call);
    const open = proposal.state === 'open';
    const all = open ? await forge.comments() : [];
    const comments = all.filter((c) => c.number === proposal.number);
    return {
      kind: 'Proposal',
      data: { ...proposal, comments: comments.map(({ signed: _, ...told }) => told) },
      text: (paint) => proposalText({ proposal, comments }, paint),
      exit: 0,
    };
  },
  async comment(forge, call) {
    const proposal = await find(forge, call);
    const text = textArgument(call, 2);
    if (text === undefined || text.trim() === '') throw textMissing();
    const person = textOption(call, 'as') ?? operator();
    await forge.comment(proposal.number, { person, text });
    return plainAnswer(
      'Commented',
      `${person} wrote below #${proposal.number}; \`sluice reconcile\` answers what begins with /sluice`,
    );
  },
  async approve(forge, call, { installation }) {
    const proposal = await find(forge, call);
    const { number, head, deltaDigest } = proposal;
    const instead = `Say it in a signed comment, as docs/rights.md shows: /sluice approve ${deltaDigest} ${head}`;
    await leaveToPeople(installation, { object: `an approval of proposal ${number}`, instead });
    const person = textOption(call, 'as') ?? operator();
    await forge.approve(proposal.number, person);
    return plainAnswer(
      'Approved',
      `#${proposal.number} is approved by ${person}; \`sluice reconcile\` counts it`,
    );
  },
  async merge(forge, call, { installation }) {
    const proposal = await find(forge, call);
    if (proposal.state !== 'open') throw notOpen(proposal);
    const instead = `Merge it yourself and sign: git merge -S --no-ff ${proposal.branch}`;
    await leaveToPeople(installation, { object: `proposal ${proposal.number}`, instead });
    const person = textOption(call, 'as') ?? operator();
    const commit = await forge.merge(proposal.number, person);
    return plainAnswer(
      'Merged',
      `#${proposal.number} ${proposal.title}: merged as ${commit.slice(0, 12)}; \`sluice reconcile\` applies it`,
    );
  },
  async close(forge, call) {
    const proposal = await find(forge, call);
    if (proposal.state !== 'open') throw notOpen(proposal);
    await forge.close(proposal.number, 'person', 'rejected');
    return plainAnswer(
      'Closed',
      `#${proposal.number} is closed; this content is not proposed again`,
    );
  },
};

async function find(forge: Forge, call: Call): Promise<ProposalRecord> {
  const text = textArgument(call, 1);
  if (text === undefined) throw numberMissing(textArgument(call, 0) ?? 'show');
  const number = Number(text.replace(/^#/, ''));
  const all = await forge.list();
  const found = all.find((p) => p.number === number);
  if (found) return found;
  throw new Fault('ProposalUnknown', {
    object: `proposal ${text}`,
    check: 'no proposal has this number',
    found: all.map((p) => `#${p.number}`).join(', ') || 'no proposals at all',
    fix: 'Run `sluice pr list --all`.',
  });
}

const row = (p: ProposalRecord) => [`#${p.number}`, stateOf(p), p.branch, p.title];

const stateOf = ({ state, closedAs }: ProposalRecord): string =>
  state === 'closed' ? (closedAs ?? state) : state;

function notOpen(p: ProposalRecord): Fault {
  return new Fault('ProposalUnknown', {
    object: `proposal ${p.number}`,
    check: 'only an open proposal can be merged or closed',
    found: p.state,
    fix: 'Run `sluice pr list` for the open ones.',
  });
}

function numberMissing(action: string): Fault {
  return new Fault('Usage', {
    object: `sluice pr ${action}`,
    check: 'no number given',
    expected: `sluice pr ${action} NUMBER`,
    fix: 'Run `sluice pr list` for the numbers.',
  });
}

function textMissing(): Fault {
  return new Fault('Usage', {
    object: 'sluice pr comment',
    check: 'no text given',
    expected: 'sluice pr comment NUMBER TEXT',
    fix: "Give the text in quotes: sluice pr comment 3 '/sluice explain'",
  });
}

function unknownAction(found: string): Fault {
  return new Fault('Usage', {
    object: 'sluice pr',
    check: 'unknown action',
    expected: actions.join(', '),
    found,
    fix: 'sluice pr list',
  });
}
