import { counted, type Hold, type Plan, placeText, type Step } from '../model/index.ts';

/** Colours for a terminal, or nothing; given by the caller. */
export type Paint = (style: 'bold' | 'red' | 'yellow' | 'green' | 'dim', text: string) => string;

/** A plan for people: one glyph a line, every step and every hold with its reason. */
export function planText(plan: Plan, paint: Paint): string {
  const counts = `${counted(plan.steps.length, 'step')}, ${plan.holds.length} held`;
  return [
    paint('bold', `plan for policy ${plan.policy.slice(0, 12)}  (${counts})`),
    ...plan.steps.map((s) => stepText(s, paint)),
    ...plan.holds.map((h) => holdText(h, paint)),
    ...plan.notes.map((n) => holdText(n, paint)),
  ].join('\n');
}

/** One step: glyph, kind, what, why, where in the policy. */
export function stepText(step: Step, paint: Paint): string {
  const place = step.why.at ? `  (${placeText(step.why.at)})` : '';
  const why = paint('dim', `${step.why.text}${place}`);
  switch (step.kind) {
    case 'mirror':
      return `${paint('green', '+')} mirror    ${step.upstream}  ${why}`;
    case 'build':
      return `${paint('green', '+')} build     ${step.inputs.source.nevra} for ${step.inputs.arch}  ${why}`;
    case 'sign':
      return `${paint('green', '+')} sign      ${step.channel}: ${counted(step.packages.length, 'package')}  ${why}`;
    case 'commit':
      return `${paint('green', '+')} commit    ${step.subject}  ${why}`;
    case 'assemble':
      return `${paint('green', '+')} assemble  ${step.channel}@${step.record.number}  ${why}`;
    case 'point': {
      const from = step.from?.slice(7, 19) ?? 'nothing';
      const to = step.record.content.slice(7, 19);
      return `${paint('yellow', '~')} point     ${step.channel}  ${from} → ${to}  ${why}`;
    }
    case 'propose':
    case 'ask':
      return `${paint('green', '+')} propose   ${step.request.identity}  ${step.request.title}  ${why}`;
    case 'close':
      return `${paint('red', '-')} close     #${step.number} ${step.identity}: ${step.as}  ${why}`;
  }
}

/** One hold: what is wanted, why not now, who or what releases it. */
export function holdText(hold: Hold, paint: Paint): string {
  const channel = hold.channel === undefined ? '' : `${hold.channel}  `;
  const until = untilText(hold.until);
  const place = hold.at ? `  (${placeText(hold.at)})` : '';
  return `‖ ${paint('yellow', hold.code)}  ${channel}${hold.subject}  ${hold.text}${until}${place}\n    awaits ${hold.awaits}`;
}

/** When time releases something (seconds since 1970), behind what is said of it; nothing where it does not. */
export const untilText = (until: number | undefined): string =>
  until === undefined ? '' : `  until ${new Date(until * 1000).toISOString()}`;
