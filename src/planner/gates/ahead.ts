import type { ProposalRequest } from '../../model/index.ts';
import type { Wish } from '../questions/wish.ts';
import { peopleIn } from './approvals.ts';
import { cadenceText } from './cadence.ts';
import { freezesOf, frozenBy } from './freeze.ts';
import { type Judging, listed } from './judging.ts';
import { closedWindow } from './window.ts';

type GateList = ProposalRequest['gates'];

/** The gates of a channel that a merge would still have to pass, for the text of a proposal. */
export function gatesAhead(judging: Judging, wish: Pick<Wish, 'kind'>): GateList {
  // Tidying brings nothing that would be judged.
  if (wish.kind === 'tidy') return [];
  return [...approvalsAhead(judging), ...freezesAhead(judging), ...timesAhead(judging)];
}

function approvalsAhead({ channel, context }: Judging): GateList {
  const rule = channel.gates.approvals;
  if (!rule) return [];
  const { people, unknown } = peopleIn(context, rule);
  const count = `${rule.count} ${rule.count === 1 ? 'approval' : 'approvals'}`;
  const text = `${count} needed of ${listed([...people, ...unknown], 10)} (sluice pr approve)`;
  return [{ code: 'AwaitsApproval', text }];
}

function freezesAhead({ channel, context }: Judging): GateList {
  return freezesOf(context, channel).map((freeze) => {
    const { code, text, until } = frozenBy(context, freeze);
    const names = listed(freeze.triggers);
    const when = names === '' ? text : `when ${names} wants to enter, ${text}`;
    return { code, text: when, ...(until === undefined ? {} : { until }) };
  });
}

function timesAhead({ channel, context }: Judging): GateList {
  const { window, cadence } = channel.gates;
  const closed = window && closedWindow(window, context.now);
  return [
    ...(cadence ? [{ code: 'AwaitsCadence', text: cadenceText(channel, cadence) }] : []),
    ...(closed
      ? [
          {
            ...{ code: closed.code, text: closed.text },
            ...(closed.until === undefined ? {} : { until: closed.until }),
          },
        ]
      : []),
  ];
}
