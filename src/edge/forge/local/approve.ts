import { Fault } from '../../../model/index.ts';
import { objectNameIn, pushRefs } from '../../git/index.ts';
import { approvalRef } from './approvals.ts';
import type { LocalState } from './local-forge.ts';
import type { StoredProposal } from './schema.ts';

/**
 * An approval is a tag over the branch's head and the delta digest: whatever changes later was not approved. Where a
 * signed comment says so, that comment is the approval itself.
 */
export async function approve(
  { place, refs }: LocalState,
  stored: StoredProposal,
  { person, comment }: { readonly person: string; readonly comment?: string | undefined },
): Promise<void> {
  const branch = refs.get(`refs/heads/${stored.branch}`);
  // What was merged before enough people had approved it can still be approved, as it was merged.
  const head = stored.state === 'merged' ? stored.head : branch;
  if (stored.state === 'closed' || head === undefined) {
    throw new Fault('ProposalUnknown', {
      object: `proposal ${stored.number}`,
      check: 'only an open or a merged proposal can be approved',
      found: stored.state,
      fix: 'Run `sluice pr list` for the open ones.',
    });
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_+-]*(?:\.[A-Za-z0-9_+-]+)*$/.test(person)) throw badName(person);
  const ref = approvalRef(stored.number, person);
  const to = comment ?? (await tagOver(place, stored, { head, person }));
  await pushRefs(place, place.clone, [{ ref, from: refs.get(ref), to }]);
}

async function tagOver(
  place: LocalState['place'],
  stored: StoredProposal,
  { head, person }: { readonly head: string; readonly person: string },
): Promise<string> {
  const { name, email } = place.identity;
  const text = [
    `object ${head}`,
    'type commit',
    `tag approval-${stored.number}-${person}`,
    `tagger ${name.replace(/[<>\n]/g, '')} <${email}> ${Math.floor(place.clock.now())} +0000`,
    '',
    `${person} approves #${stored.number}`,
    '',
    `Sluice-Delta: ${stored.deltaDigest}`,
    '',
  ].join('\n');
  const args = ['hash-object', '-t', 'tag', '-w', '--stdin'];
  const answer = await place.git({ directory: place.clone, args, input: text });
  return objectNameIn(answer.stdout.toString('latin1'), 'the approval');
}

function badName(person: string): Fault {
  return new Fault('Usage', {
    object: `person ${person}`,
    check: 'the name can be part of a git ref',
    expected: 'letters, digits, _ + - and single dots inside',
    fix: 'Use the name that access.yaml has.',
  });
}
