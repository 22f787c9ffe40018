import type { Desired } from '../../model/index.ts';
import { personWithLogin } from '../../policy/index.ts';
import type { ProposalComment } from '../../ports.ts';
import { rulesAt, signerOfPayload } from '../../watch/index.ts';
import type { Installation } from '../installation.ts';

/** Who asks, by a name of access.yaml, or why nobody can tell. */
export type Commenter =
  | { readonly name: string }
  | { readonly problem: string; readonly fix: string };

/**
 * A forge vouches for logins, a signature for a key. Without either the name is only text: it counts where whoever can
 * push decides anyhow, for who wrote the comment could push too.
 */
export async function commenterOf(
  c: Installation,
  desired: Desired,
  comment: ProposalComment,
): Promise<Commenter> {
  const { access, site } = desired;
  if (comment.edited) {
    return { problem: 'the comment was changed after it was written', fix: 'a new comment' };
  }
  if (comment.forge !== undefined) {
    const name = personWithLogin(access, comment.forge, comment.person);
    if (name !== undefined) return { name };
    const whose = `nobody in access.yaml has the ${comment.forge} login ${comment.person}`;
    const problem = access === undefined ? 'there is no access.yaml that says who may' : whose;
    return { problem, fix: 'somebody whom access.yaml names with this login' };
  }
  if (site.trust === 'open') return named(desired, comment);
  if (site.trust === 'keys') return signedBy(c, desired, comment);
  return {
    problem: 'no forge vouches for who wrote this, and approvals on a forge decide here',
    fix: 'a comment on the forge',
  };
}

function named({ access }: Desired, { person }: ProposalComment): Commenter {
  if (access === undefined || access.people.has(person)) return { name: person };
  return { problem: `access.yaml has nobody called ${person}`, fix: 'a name from access.yaml' };
}

/** It names its proposal, so that nobody can put it below another one. */
async function signedBy(
  c: Installation,
  desired: Desired,
  { signed, text, number }: ProposalComment,
): Promise<Commenter> {
  const fix = `a signed comment that has the line #${number}: docs/rights.md shows how`;
  if (signed === undefined) return { problem: 'the comment is unsigned', fix };
  if (!text.split(/\r?\n/).includes(`#${number}`)) {
    return { problem: `no line of the comment is #${number}`, fix };
  }
  const head = c.memory().acceptedHead ?? desired.commit;
  const rules = await rulesAt(c.ports.policyGit, head);
  const signer = await signerOfPayload(c.ports, signed, rules);
  return 'person' in signer ? { name: signer.person } : { problem: signer.problem, fix };
}
