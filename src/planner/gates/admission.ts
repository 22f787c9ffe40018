import type { Channel, ChannelSnapshot, Hold, Need, Sha256 } from '../../model/index.ts';
import { buildContent } from '../content/content.ts';
import { wantedContent } from '../content/remembered-content.ts';
import type { Context } from '../world.ts';
import { gateApprovals } from './approvals.ts';
import { gateBuilt } from './built.ts';
import { gateBytes } from './bytes.ts';
import { gateCadence } from './cadence.ts';
import { gateClosure } from './closure.ts';
import { gateFollows } from './follows.ts';
import { gateFreeze, triggeredFreezes } from './freeze.ts';
import { type Entering, enteringUnits, type Judging, judgingOf } from './judging.ts';
import { passedHold } from './passes.ts';
import { gateFreshness, gateHoldFile, gatePolicy } from './policy.ts';
import { gateRemovals } from './removals.ts';
import { gateRequires, requiresNotes } from './requires.ts';
import { gateResults } from './results.ts';
import { gateSealed } from './sealed.ts';
import { gateWindow } from './window.ts';

/** What a channel is going to serve, and what waits in front of it. */
export interface Admission {
  readonly judging: Judging;
  /** Gates aside; the base of every delta that people review. */
  readonly wanted: ChannelSnapshot;
  /** Absent while facts are lacking. */
  readonly content?: ChannelSnapshot;
  /** Names of the units that bring something new. */
  readonly entered: readonly string[];
  /** One hold per unit; the subject names it. */
  readonly held: readonly Hold[];
  readonly notes: readonly Hold[];
  readonly needs: readonly Need[];
}

/** Facts are asked for in at most eight rounds; after this many closures everything that enters waits. */
const maxClosures = 3;

/**
 * Judges what would enter a channel, once and per digest. A unit that may not enter is left out and the rest is judged
 * again without it, until nothing more is held: what remains is exactly what is served next.
 */
export function admit(context: Context, channel: Channel): Admission {
  const judging = judgingOf(context, channel);
  const held = new Map<string, Hold>(bytesHolds(judging));
  const keeping = new Set<Sha256>();
  const wanted = wantedContent(context, channel);
  for (let closures = 0; ; ) {
    const names = new Set(held.keys());
    const untouched = held.size === 0 && keeping.size === 0;
    const content = untouched
      ? wanted
      : buildContent(context, channel, { without: names, keeping });
    const entering = enteringUnits(judging, content, names);
    const judged = entering.map((e) => judgeUnit(judging, e));
    const stopped = [
      ...judged.flatMap((j) => j.hold ?? []),
      ...requiresHolds(judging, { entering, held: names, content }),
    ];
    if (addAll(held, stopped)) continue;
    const frozen = triggeredFreezes(judging, entering);
    if (addAll(held, frozen.holds)) continue;
    const removals = gateRemovals(judging, content, names);
    if (addKept(keeping, removals.keeping) + Number(addAll(held, removals.held)) > 0) continue;
    const closure = gateClosure(judging, { content, entering, held: names });
    const entered = entering.map((e) => e.unit.name);
    const apart = requiresNotes(judging, { entering: entered, content });
    const result = {
      ...{ judging, wanted, entered },
      notes: [...judged.flatMap((j) => j.passed), ...frozen.notes, ...closure.notes, ...apart],
      held: [...held.values()],
    };
    if (closure.needs.length > 0) return { ...result, needs: closure.needs };
    if (!addAll(held, closure.held)) return { ...result, content, needs: [] };
    closures += 1;
    if (closures >= maxClosures) addAll(held, restHolds(entering, closure.held));
  }
}

/** While a channel is pinned nothing is judged; what it would serve otherwise is still the base of questions. */
export function nothingAdmitted(context: Context, channel: Channel): Admission {
  const [judging, wanted] = [judgingOf(context, channel), wantedContent(context, channel)];
  return { judging, wanted, entered: [], held: [], notes: [], needs: [] };
}

function bytesHolds(judging: Judging): readonly [string, Hold][] {
  const holds: [string, Hold][] = [];
  for (const unit of judging.units) {
    const hold =
      gateBytes(judging, unit) ??
      (unit.kind === 'promotion'
        ? (gateResults(judging, unit) ?? gateHoldFile(judging, unit))
        : undefined);
    if (hold) holds.push([unit.name, hold]);
  }
  return holds;
}

/** The gates that look at one unit alone, in the order in which people can do something about them. */
const unitGates = [
  gateBuilt,
  gatePolicy,
  gateFreshness,
  gateFollows,
  gateSealed,
  gateApprovals,
  gateFreeze,
  gateCadence,
  gateWindow,
];

/** The first gate that is closed for a unit, and those that a waiver or the expedite lane opened for it. */
function judgeUnit(
  judging: Judging,
  entering: Entering,
): { readonly hold?: Hold; readonly passed: readonly Hold[] } {
  const passed: Hold[] = [];
  for (const gate of unitGates) {
    const hold = gate(judging, entering);
    const pass = hold && passedHold(judging, entering, hold);
    if (hold && !pass) return { hold, passed };
    if (pass) passed.push(pass);
  }
  return { passed };
}

function requiresHolds(
  judging: Judging,
  at: {
    readonly entering: readonly Entering[];
    readonly held: ReadonlySet<string>;
    readonly content: ChannelSnapshot;
  },
): readonly Hold[] {
  return at.entering.flatMap(({ unit }) =>
    unit.kind === 'promotion' ? (gateRequires(judging, unit, at) ?? []) : [],
  );
}

function restHolds(entering: readonly Entering[], blamed: readonly Hold[]): readonly Hold[] {
  const first = blamed[0];
  if (!first) return [];
  return entering
    .filter((e) => e.judged.length > 0)
    .map(({ unit }) => ({ ...first, subject: unit.name }));
}

/** Tells whether a unit was held that was not held before. */
function addAll(held: Map<string, Hold>, holds: readonly Hold[]): boolean {
  const before = held.size;
  for (const hold of holds) if (!held.has(hold.subject)) held.set(hold.subject, hold);
  return held.size > before;
}

function addKept(keeping: Set<Sha256>, more: readonly Sha256[]): number {
  const before = keeping.size;
  for (const digest of more) keeping.add(digest);
  return keeping.size - before;
}
