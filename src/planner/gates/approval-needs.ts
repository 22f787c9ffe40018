import type { Decision, ProposalRecord, Update } from '../../model/index.ts';
import { parseNevra, slugOf } from '../../model/index.ts';
import { judge, peopleOf } from '../../policy/index.ts';
import type { PromotionUnit } from '../content/units.ts';
import type { Wish } from '../questions/wish.ts';
import { severityOf } from '../world.ts';
import { approvalState, nameOf, peopleIn } from './approvals.ts';
import { type Entering, type Judging, listed } from './judging.ts';
import { passOf } from './passes.ts';

/** An update as it would enter a channel. */
export type EnteringUpdate = Entering & { readonly unit: PromotionUnit };

export interface Asked {
  readonly wish: Pick<Wish, 'edits'>;
  readonly record: ProposalRecord;
  readonly entering: readonly EnteringUpdate[];
}

/** Approvals that somebody asks for: the channel's own gate and, where approvals decide, the access rules. */
export function approvalNeeds(judging: Judging, asked: Asked): readonly Need[] {
  return [...gateNeeds(judging, asked), ...ruleNeeds(judging, asked)];
}

export interface Need {
  readonly met: boolean;
  readonly text: string;
}

/** What the channel's own gate asks for. */
function gateNeeds(judging: Judging, { record, entering }: Asked): readonly Need[] {
  const { channel, context } = judging;
  const rule = channel.gates.approvals;
  if (!rule) return [];
  const waived =
    entering.length > 0 && entering.every((e) => passOf(judging, e, 'approvals') !== undefined);
  if (waived) return [{ met: true, text: 'waived' }];
  const { valid } = approvalState(context, rule, record);
  const left = peopleIn(context, rule).people.filter((p) => !valid.includes(p));
  return [needOf({ given: valid, count: rule.count, left })];
}

/** Where approvals decide who may merge what, the access rules ask for people too. */
function ruleNeeds({ context, channel }: Judging, { wish, record, entering }: Asked) {
  const { access, site } = context.desired;
  if (site.trust !== 'forge' || access === undefined) return [];
  const given = (record.approvals ?? [])
    .filter((a) => a.head === record.head)
    .flatMap((a) => nameOf(context, a) ?? []);
  const decisions = [
    ...entering.map(({ unit }) => promotes(channel.name, unit.update)),
    ...(wish.edits.some((e) => e.kind === 'set')
      ? [
          {
            verb: 'pin',
            object: `channel/${channel.name}`,
            also: [],
            packages: [],
            path: '',
          } as const,
        ]
      : []),
  ];
  return judge(access, given, decisions).map(({ rule, allowed, text }): Need => {
    if (rule === undefined) return { met: false, text };
    const may = peopleOf(access, rule.from);
    const present = [...new Set(given)].filter((p) => may.includes(p));
    const left = may.filter((p) => !present.includes(p));
    return { ...needOf({ given: present, count: rule.count, left }), met: allowed };
  });
}

function promotes(channel: string, update: Update): Decision {
  const names = update.packages.map((p) => parseNevra(p.nevra)?.name ?? p.nevra);
  const severity = severityOf(update);
  return {
    ...{ verb: 'promote', object: `promotion/${channel}/${slugOf(update.id)}`, path: '' },
    also: severity === undefined ? [] : [`severity/${severity}`],
    packages: [...new Set(names)].toSorted(),
  };
}

function needOf(at: {
  readonly given: readonly string[];
  readonly count: number;
  readonly left: readonly string[];
}): Need {
  const { given, count, left } = at;
  const who = given.length === 0 ? '' : ` (${listed(given)})`;
  const met = given.length >= count;
  const rest = met ? '' : `; needs ${count - given.length} of ${listed(left) || 'nobody'}`;
  return { met, text: `${given.length} of ${count} approvals${who}${rest}` };
}
