import type { ChannelSnapshot, Need, ProposalRequest } from '../../model/index.ts';
import type { Admission } from '../gates/admission.ts';
import { closureNeed, findingsOf, findingText, newFindings } from '../gates/closure-need.ts';
import { listed } from '../gates/judging.ts';

/** What the resulting channel of a proposal could not resolve that it can resolve without it. */
export function closureOfTrial(
  { judging, wanted }: Admission,
  trial: ChannelSnapshot,
): { readonly needs: readonly Need[]; readonly gates: ProposalRequest['gates'] } {
  const { mode } = judging.channel.gates.closure;
  if (mode === 'off' || trial.id === wanted.id) return { needs: [], gates: [] };
  const wantedNeeds = [closureNeed(judging, wanted), closureNeed(judging, trial)] as const;
  const [before, after] = wantedNeeds.map((need) => findingsOf(judging, need));
  if (!before || !after) {
    return { needs: wantedNeeds.filter((n) => !findingsOf(judging, n)), gates: [] };
  }
  const fresh = newFindings(before, after);
  if (fresh.length === 0) return { needs: [], gates: [] };
  const reported = mode !== 'enforce' || !judging.state;
  const effect = reported ? 'only reported' : 'it would be held';
  const found = listed(fresh.map(findingText), 10);
  const text = `${fresh.length} requirements without a provider (${effect}): ${found}`;
  const gate = { code: 'ClosureBroken', text, ...(reported ? { reported } : {}) };
  return { needs: [], gates: [gate] };
}
