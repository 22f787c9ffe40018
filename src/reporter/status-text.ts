import type { Paint } from './plan-text.ts';
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
          `  ‖ ${h.code}  ${h.channel ? `${h.channel}: ` : ''}${h.subject}  ${h.text}\n      awaits ${h.awaits}`,
      ),
    );
  }
  for (const s of view.suspensions)
    lines.push(paint('yellow', `suspended: ${s.object}: ${s.reason}`));
  lines.push(
    '',
    view.pending === 0
      ? paint('green', 'in sync')
      : paint('yellow', `${view.pending} steps pending: sluice plan`),
  );
  return lines.join('\n');
}

const trustHint = (view: StatusView) =>
  view.trust === 'open' ? ' (whoever can push to the policy repository decides)' : '';

function channelLine(c: StatusView['channels'][number], paint: Paint): string {
  const state =
    c.generation === undefined
      ? paint('dim', 'serves nothing yet')
      : `generation ${c.generation}  ${c.packages} packages  ${c.published ?? ''}`;
  return `  ${c.name.padEnd(16)} ${state}  ${c.url}`;
}

function upstreamLine(u: StatusView['upstreams'][number], paint: Paint): string {
  const state = u.fault
    ? paint('red', `${u.fault.code} ${u.fault.check}`)
    : u.snapshot === undefined
      ? paint('dim', 'not mirrored yet')
      : `${u.packages ?? '?'} packages  ${u.taken ?? ''}  ${u.snapshot.slice(0, 19)}`;
  const refused = u.refused === 0 ? '' : paint('red', `  ${u.refused} refused`);
  return `  ${u.name.padEnd(16)} ${state}${refused}`;
}
