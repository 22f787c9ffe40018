import type { Approval, CommitId, Sha256 } from '../../../model/index.ts';
import type { PolicyPlace } from '../../git/index.ts';
import type { ForgeRefs } from '../forge-refs.ts';
import { readObjects } from './batch.ts';
import { commentIn } from './comments.ts';

export interface Approvals {
  readonly approvals: readonly Approval[];
  /** People whose ref is not an approval that this program wrote. */
  readonly unreadable: readonly string[];
}

export const approvalRef = (number: number, person: string): string =>
  `refs/sluice/approvals/${number}/${person}`;

/** Every approval by the number of its proposal; what cannot be read is named and never counts. */
export async function readApprovals(
  place: PolicyPlace,
  refs: ForgeRefs,
): Promise<ReadonlyMap<number, Approvals>> {
  const found = [...refs].flatMap(([ref, id]) => {
    const [, number, person] = /^refs\/sluice\/approvals\/([1-9]\d{0,8})\/(.+)$/.exec(ref) ?? [];
    return number && person ? [{ number: Number(number), person, id }] : [];
  });
  const ids = found.map((f) => f.id);
  const texts = await readObjects(place, ids);
  const byNumber = new Map<number, Approvals>();
  for (const [i, { number, person }] of found.entries()) {
    const { approvals, unreadable } = byNumber.get(number) ?? { approvals: [], unreadable: [] };
    const text = texts[i] ?? '';
    const about = { number, person, id: ids[i] ?? '' };
    const approval = approvalIn(text, about) ?? commentedIn(text, about);
    byNumber.set(
      number,
      approval
        ? { approvals: [...approvals, approval], unreadable }
        : { approvals, unreadable: [...unreadable, person] },
    );
  }
  return byNumber;
}

/** Reads a tag object as `approve` writes it: exactly these lines, for this proposal and this person. */
function approvalIn(
  text: string,
  { number, person }: { readonly number: number; readonly person: string },
): Approval | undefined {
  const found =
    /^object ([0-9a-f]{40,64})\ntype commit\ntag (\S+)\ntagger [^\n]* (\d+) \+0000\n\n[^\n]*\n\nSluice-Delta: ([0-9a-f]{64})\n/.exec(
      text,
    );
  const [, head, tag, at, delta] = found ?? [];
  if (tag !== `approval-${number}-${person}`) return undefined;
  return { person, head: head as CommitId, delta: delta as Sha256, at: Number(at) };
}

/** A signed comment: what it says is the approval, and its signature says whose. */
function commentedIn(
  text: string,
  { number, person, id }: { readonly number: number; readonly person: string; readonly id: string },
): Approval | undefined {
  const comment = commentIn(text, { number, id });
  if (comment?.signed === undefined) return undefined;
  const lines = comment.text.split(/\r?\n/);
  const found = /^\/sluice approve (?:sha256:)?([0-9a-f]{64}) ([0-9a-f]{40,64})$/.exec(
    lines[0] ?? '',
  );
  if (!found || !lines.includes(`#${number}`)) return undefined;
  const [, delta, head] = found;
  const { at, signed } = comment;
  return { person, head: head as CommitId, delta: delta as Sha256, at, signed };
}
