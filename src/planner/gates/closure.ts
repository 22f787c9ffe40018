import type { ChannelSnapshot, ClosureFinding, Hold, Need } from '../../model/index.ts';
import { buildContent } from '../content/content.ts';
import { closureNeed, findingKey, findingsOf, findingText, newFindings } from './closure-need.ts';
import { type Entering, holdOf, isFirstPin, type Judging, listed, placeOf } from './judging.ts';

/** What the closure of a planned content says: lacking facts, units that may not enter, things to tell. */
export interface ClosureVerdict {
  readonly needs: readonly Need[];
  readonly held: readonly Hold[];
  readonly notes: readonly Hold[];
}

export interface Planned {
  readonly content: ChannelSnapshot;
  readonly entering: readonly Entering[];
  readonly held: ReadonlySet<string>;
}

const nothing: ClosureVerdict = { needs: [], held: [], notes: [] };
/** Beyond this many suspects they are held together instead of tried one by one. */
const maxSuspects = 24;

/**
 * Judges what machines could not install or keep. Only findings that the previous generation did not have block, and
 * they hold the unit that brings the broken package or takes away what it needs; the rest goes on.
 */
export function gateClosure(judging: Judging, planned: Planned): ClosureVerdict {
  const { mode } = judging.channel.gates.closure;
  const served = judging.state?.content;
  if (mode === 'off' || planned.content.id === served?.id) return nothing;
  const after = closureNeed(judging, planned.content);
  const before = served && closureNeed(judging, served);
  const found = findingsOf(judging, after);
  const known = before ? findingsOf(judging, before) : [];
  if (!found || !known) {
    const lacking = [...(found ? [] : [after]), ...(before && !known ? [before] : [])];
    return { ...nothing, needs: lacking };
  }
  const fresh = newFindings(known, found);
  if (mode === 'report' || !served) return { ...nothing, notes: notesOf(judging, fresh) };
  return fresh.length === 0 ? nothing : blame(judging, planned, fresh);
}

function blame(
  judging: Judging,
  planned: Planned,
  findings: readonly ClosureFinding[],
): ClosureVerdict {
  const byUnit = new Map<string, ClosureFinding[]>();
  const orphans: ClosureFinding[] = [];
  const told: ClosureFinding[] = [];
  for (const finding of findings) {
    const bringers = planned.entering.filter((e) =>
      e.packages.some((p) => p.sha256 === finding.sha256),
    );
    const guilty = bringers.filter((e) => e.judged.length > 0 && !isFirstPin(e.unit));
    for (const { unit } of guilty) push(byUnit, unit.name, finding);
    if (bringers.length === 0) orphans.push(finding);
    else if (guilty.length === 0) told.push(finding);
  }
  if (byUnit.size > 0) return { ...nothing, held: holdsOf(judging, planned, byUnit) };
  if (orphans.length > 0) return blameTakers(judging, planned, { orphans, told });
  return { ...nothing, notes: notesOf(judging, told) };
}

/**
 * A served package lost what it needs: whichever unit's absence mends that took it away. When none does alone, all of
 * them are held; when even that does not help, a rollback took it and is only told of.
 */
function blameTakers(
  judging: Judging,
  planned: Planned,
  at: { readonly orphans: readonly ClosureFinding[]; readonly told: readonly ClosureFinding[] },
): ClosureVerdict {
  const suspects = planned.entering.filter((e) => e.judged.length > 0).map((e) => e.unit.name);
  const taken = judging.units
    .filter((u) => u.kind === 'base' && u.changed && !planned.held.has(u.name) && !isFirstPin(u))
    .map((u) => u.name);
  const names = [...new Set([...suspects, ...taken])];
  const notes = notesOf(judging, [...at.orphans, ...at.told]);
  if (names.length === 0) return { ...nothing, notes };
  const trials = names.length > maxSuspects ? [names] : [names, ...names.map((n) => [n])];
  const tried = trials.map((without) => {
    const held = new Set([...planned.held, ...without]);
    const need = closureNeed(
      judging,
      buildContent(judging.context, judging.channel, { without: held }),
    );
    return { without, need, findings: findingsOf(judging, need) };
  });
  const needs = tried.filter((t) => t.findings === undefined).map((t) => t.need);
  if (needs.length > 0) return { ...nothing, needs };
  const helpful = tried.filter((t) => mends(t.findings ?? [], at.orphans));
  const single = helpful.filter((t) => t.without.length === 1);
  const mending = single.length > 0 ? single : helpful;
  const byUnit = new Map<string, ClosureFinding[]>();
  for (const { without } of mending) for (const n of without) byUnit.set(n, [...at.orphans]);
  if (byUnit.size === 0) return { ...nothing, notes };
  return { ...nothing, held: holdsOf(judging, planned, byUnit) };
}

function mends(findings: readonly ClosureFinding[], orphans: readonly ClosureFinding[]): boolean {
  const left = new Set(findings.map(findingKey));
  return orphans.some((f) => !left.has(findingKey(f)));
}

function holdsOf(
  judging: Judging,
  { entering }: Planned,
  byUnit: ReadonlyMap<string, readonly ClosureFinding[]>,
): readonly Hold[] {
  return [...byUnit].map(([name, findings]) => {
    const unit =
      entering.find((e) => e.unit.name === name)?.unit ??
      judging.units.find((u) => u.name === name);
    return holdOf(judging, name, {
      code: 'ClosureBroken',
      text: `would break ${judging.channel.name}: ${listed(findings.map(findingText), 3)}`,
      awaits: 'an update that provides what is missing, or gates.closure.mode: report',
      ...(unit ? placeOf(unit) : {}),
    });
  });
}

/** Findings that do not block: the baseline of a bootstrap, `report`, and what a rollback leaves behind. */
function notesOf(judging: Judging, findings: readonly ClosureFinding[]): readonly Hold[] {
  if (findings.length === 0) return [];
  const { channel } = judging;
  return [
    holdOf(judging, `channel:${channel.name}`, {
      code: 'ClosureBroken',
      text: `${findings.length} requirements without a provider: ${listed(findings.map(findingText), 10)}`,
      awaits: 'nobody; it is only reported',
      at: channel.at,
    }),
  ];
}

function push(map: Map<string, ClosureFinding[]>, key: string, finding: ClosureFinding): void {
  const list = map.get(key);
  if (list) list.push(finding);
  else map.set(key, [finding]);
}
