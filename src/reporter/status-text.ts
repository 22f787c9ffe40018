import { codes, counted, type FaultReport } from '../model/index.ts';
import { type Paint, untilText } from './plan-text.ts';
import type { StatusView } from './status-view.ts';

/** `sluice status` for people: channels first, then what waits for somebody, then what is wrong. */
export function statusText(view: StatusView, paint: Paint): string {
  const lines = [
    `${paint('bold', view.site)}  policy ${view.acceptedHead?.slice(0, 12) ?? 'none yet'}  trust ${view.trust}${trustHint(view)}`,
  ];
  if (view.policyInForce !== view.acceptedHead && view.policyInForce !== undefined) {
    lines.push(
      paint(
        'red',
        `! the newest policy has findings; ${view.policyInForce.slice(0, 12)} stays in force`,
      ),
    );
    lines.push(...view.findings.map((f) => `  ${f}`));
  }
  lines.push('', paint('bold', 'channels'), ...view.channels.map((c) => channelLine(c, paint)));
  lines.push('', paint('bold', 'upstreams'), ...view.upstreams.map((u) => upstreamLine(u, paint)));
  if (view.proposals.length > 0) {
    lines.push('', paint('bold', 'waiting for somebody'));
    lines.push(
      ...view.proposals.map((p) => `  #${p.number}  ${p.title}  (sluice pr show ${p.number})`),
    );
  }
  if (view.holds.length > 0) {
    lines.push('', paint('bold', 'held'));
    lines.push(
      ...view.holds.map(
        (h) =>
          `  ‖ ${h.code}  ${h.channel ? `${h.channel}: ` : ''}${h.subject}  ${h.text}${untilText(h.until)}\n      awaits ${h.awaits}`,
      ),
    );
  }
  for (const s of view.suspensions) {
    lines.push(paint('yellow', `suspended: ${s.object}: ${s.reason}${untilText(s.until)}`));
  }
  return [...lines, '', summary(view, paint)].join('\n');
}

function summary(view: StatusView, paint: Paint): string {
  if (view.pending > 0) {
    return paint('yellow', `${counted(view.pending, 'step')} pending: sluice plan`);
  }
  const broken = view.upstreams.filter((u) => u.fault).map((u) => u.name);
  const refused = new Set(view.holds.filter((h) => codes[h.code].exit !== 0).map((h) => h.code));
  if (broken.length === 0 && refused.size === 0) return paint('green', 'in sync');
  const trouble = [...broken, ...refused].join(', ');
  return paint('yellow', `nothing pending, but somebody should look at: ${trouble}`);
}

const trustHint = (view: StatusView) =>
  view.trust === 'open' ? ' (whoever can push to the policy repository decides)' : '';

function channelLine(c: StatusView['channels'][number], paint: Paint): string {
  const state =
    c.generation === undefined
      ? paint('dim', 'serves nothing yet')
      : `generation ${c.generation}  ${counted(c.packages, 'package')}  ${c.published ?? ''}`;
  return `  ${c.name.padEnd(16)} ${state}  ${c.url}`;
}

/** A check reads as its opposite without what was found. */
function faultLine(fault: FaultReport): string {
  const found = fault.found === undefined ? '' : `; found ${fault.found}`;
  return `${fault.object}: ${fault.check}${found}`;
}

function upstreamLine(u: StatusView['upstreams'][number], paint: Paint): string {
  const state = u.fault
    ? paint('red', `${u.fault.code}  ${faultLine(u.fault)}`)
    : u.snapshot === undefined
      ? paint('dim', 'not mirrored yet')
      : `${u.packages ?? '?'} packages  ${u.taken ?? ''}  ${u.snapshot.slice(0, 19)}`;
  const refused = u.refused === 0 ? '' : paint('red', `  ${u.refused} refused`);
  return `  ${u.name.padEnd(16)} ${state}${refused}`;
}
