import type {
  Hold,
  ProposalRecord,
  ProposalRequest,
  ProposalStatus,
  StatusName,
} from '../../model/index.ts';
import { promotionUnitName } from '../content/units.ts';
import { type Asked, approvalNeeds, type EnteringUpdate } from '../gates/approval-needs.ts';
import { gateCadence } from '../gates/cadence.ts';
import { gateFollows } from '../gates/follows.ts';
import { gateFreeze, triggeredFreezes } from '../gates/freeze.ts';
import { type Entering, type Judging, listed } from '../gates/judging.ts';
import { passedHold } from '../gates/passes.ts';
import { gateWindow } from '../gates/window.ts';
import { desiredOf } from '../world.ts';
import type { Wish } from './wish.ts';
import { withEdits } from './with-edits.ts';

/** Forges cut descriptions that are longer. */
const longest = 140;

/**
 * How the gates stand for the head of an open proposal, as they would be judged if it were merged now. The closure is
 * not among them: it is worked out, and told, when the proposal's content changes.
 */
export function statusesOf(
  judging: Judging,
  wish: Pick<Wish, 'kind' | 'edits'>,
  record: ProposalRecord,
): readonly ProposalStatus[] {
  if (wish.kind === 'tidy') return [];
  const entering = enteringOf(judging, wish, record);
  return [
    ...approvalsStatus(judging, { wish, record, entering }),
    ...soakStatus(judging, entering),
    scheduleStatus(judging, entering),
  ];
}

function statusOf(name: StatusName, state: ProposalStatus['state'], text: string): ProposalStatus {
  const characters = [...text.replace(/\s+/g, ' ')];
  const short = characters.length <= longest;
  return { name, state, text: short ? text : `${characters.slice(0, longest - 1).join('')}…` };
}

/** The updates that a merge would promote, with what of them the channel never had. */
function enteringOf(
  judging: Judging,
  wish: Pick<Wish, 'edits'>,
  { number }: ProposalRecord,
): readonly EnteringUpdate[] {
  const { context, channel, state } = judging;
  const before = desiredOf(context, channel.name);
  const edited = context.actual.edited?.get(number)?.desired;
  const desired = edited ?? withEdits(before, wish.edits);
  const paths = edited
    ? new Set(edited.promotions.map((p) => p.file)).difference(
        new Set(before.promotions.map((p) => p.file)),
      )
    : new Set(wish.edits.filter((e) => e.kind === 'create').map((e) => e.path));
  return desired.promotions.flatMap((promotion): EnteringUpdate[] => {
    const update = desired.updates.get(promotion.update);
    if (promotion.channel !== channel.name || !update || !paths.has(promotion.file)) return [];
    const name = promotionUnitName(update.id);
    const packages = update.packages.flatMap((p) => context.packages.get(p.sha256, p.nevra) ?? []);
    const judged = packages.filter((p) => !state?.admitted.has(p.sha256));
    const unit = { name, kind: 'promotion', promotion, update, changed: true } as const;
    return [{ unit, packages, judged }];
  });
}

function soakStatus(judging: Judging, entering: readonly Entering[]): readonly ProposalStatus[] {
  const { channel } = judging;
  if (channel.follows === undefined || entering.length === 0) return [];
  const hold = firstHold(judging, entering, gateFollows);
  if (hold) return [statusOf('soak', 'pending', `${hold.text}; awaits ${hold.awaits}`)];
  return [statusOf('soak', 'success', `it has been in ${channel.follows} for long enough`)];
}

function scheduleStatus(judging: Judging, entering: readonly Entering[]): ProposalStatus {
  const hold =
    firstHold(judging, entering, gateFreeze) ??
    triggeredFreezes(judging, entering).holds[0] ??
    firstHold(judging, entering, gateWindow) ??
    firstHold(judging, entering, gateCadence);
  if (hold) return statusOf('schedule', 'pending', `${hold.text}; awaits ${hold.awaits}`);
  return statusOf('schedule', 'success', 'no window, cadence or freeze is in the way now');
}

type Gate = (judging: Judging, entering: Entering) => Hold | undefined;

function firstHold(judging: Judging, entering: readonly Entering[], gate: Gate): Hold | undefined {
  for (const each of entering) {
    const hold = gate(judging, each);
    if (hold && !passedHold(judging, each, hold)) return hold;
  }
  return undefined;
}

function approvalsStatus(judging: Judging, asked: Asked): readonly ProposalStatus[] {
  const needs = approvalNeeds(judging, asked);
  if (needs.length === 0) return [];
  const missing = needs.filter((n) => !n.met);
  const text = listed([...new Set((missing.length > 0 ? missing : needs).map((n) => n.text))]);
  return [statusOf('approvals', missing.length > 0 ? 'pending' : 'success', text)];
}

/** The closure of the resulting channel, as the proposal's text tells it; undefined where nobody looked. */
export function closureStatus({
  gates,
  closureUnknown,
}: Pick<ProposalRequest, 'gates' | 'closureUnknown'>): ProposalStatus | undefined {
  if (closureUnknown) return undefined;
  const broken = gates.find((g) => g.code === 'ClosureBroken');
  if (broken === undefined) return statusOf('closure', 'success', 'no new findings');
  return statusOf('closure', broken.reported ? 'success' : 'failure', broken.text);
}
