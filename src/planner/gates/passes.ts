import {
  type Code,
  type Hold,
  matchesGlob,
  type PassableGate,
  type Waiver,
} from '../../model/index.ts';
import { severityOf } from '../world.ts';
import { type Entering, holdOf, type Judging } from './judging.ts';

const gateOfCode: Partial<Readonly<Record<Code, PassableGate>>> = {
  Soaking: 'soak',
  OutsideWindow: 'window',
  AwaitsCadence: 'cadence',
  Frozen: 'freeze',
  AwaitsApproval: 'approvals',
};

/** The note that takes the place of a hold where the expedite lane or a waiver opens its gate. */
export function passedHold(judging: Judging, entering: Entering, hold: Hold): Hold | undefined {
  const gate = gateOfCode[hold.code];
  return gate && passOf(judging, entering, gate);
}

/** Tells why a gate does not count for what enters, where it does not. */
export function passOf(
  judging: Judging,
  entering: Pick<Entering, 'unit' | 'judged'>,
  gate: PassableGate,
): Hold | undefined {
  const { channel } = judging;
  const { unit } = entering;
  const severity = unit.kind === 'promotion' ? severityOf(unit.update) : undefined;
  const lane = channel.gates.expedite;
  if (lane && severity !== undefined && lane.skip.includes(gate) && hurries(lane, severity)) {
    return holdOf(judging, unit.name, {
      code: 'Expedited',
      text: `${severity}, so the gate ${gate} of ${channel.name} does not count`,
      awaits: 'nothing',
      at: channel.at,
    });
  }
  const waiver = channel.waivers?.find(
    (w) => w.gate === gate && counts(w, judging.context.now) && isFor(w, entering),
  );
  if (!waiver) return undefined;
  return holdOf(judging, unit.name, {
    code: 'Waived',
    text: `the gate ${gate} is waived until ${waiver.until}: ${waiver.reason}`,
    awaits: 'nothing',
    at: waiver.at,
  });
}

const hurries = (lane: { readonly severity: readonly string[] }, severity: string): boolean =>
  lane.severity.some((s) => s.toLowerCase() === severity.toLowerCase());

/** `until` is the last day it counts, in UTC. */
const counts = (waiver: Waiver, now: number): boolean =>
  new Date(now * 1000).toISOString().slice(0, 10) <= waiver.until;

function isFor(waiver: Waiver, { unit, judged }: Pick<Entering, 'unit' | 'judged'>): boolean {
  const { update, packages } = waiver;
  if (update === undefined && packages === undefined) return false;
  if (update !== undefined && (unit.kind === 'base' || unit.update.id !== update)) return false;
  return (
    packages === undefined ||
    judged.every((p) => packages.some((glob) => matchesGlob(glob, p.name)))
  );
}
