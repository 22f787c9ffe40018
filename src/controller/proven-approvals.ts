import { type Approval, type Desired, digestOf, type ProposalRecord } from '../model/index.ts';
import { type RulesAt, rulesAt, signerOfPayload } from '../watch/index.ts';
import type { Installation } from './installation.ts';

/** Signatures that were found good, by the rules they were judged by: old proposals are looked at in every pass. */
const proven = new WeakMap<Installation, Set<string>>();

/**
 * Where only keys say who decides, an approval without a forge counts by its signature: the ref that names a person can
 * be written by whoever can push.
 */
export async function provenApprovals(
  c: Installation,
  { site, channels, commit }: Desired,
  proposals: readonly ProposalRecord[],
): Promise<readonly ProposalRecord[]> {
  const gated = [...channels.values()].some((channel) => channel.gates.approvals);
  if (site.trust !== 'keys' || !gated) return proposals;
  const rules = await rulesAt(c.ports.policyGit, c.memory().acceptedHead ?? commit);
  const checked: ProposalRecord[] = [];
  for (const record of proposals) checked.push(await withProven(c, rules, record));
  return checked;
}

async function withProven(
  c: Installation,
  rules: RulesAt,
  record: ProposalRecord,
): Promise<ProposalRecord> {
  const approvals: Approval[] = [];
  const unproven: string[] = [];
  for (const approval of record.approvals ?? []) {
    const problem = await problemOf(c, rules, approval);
    if (problem === undefined) approvals.push(approval);
    else unproven.push(`that of ${approval.person} does not count: ${problem}`);
  }
  return unproven.length === 0 ? record : { ...record, approvals, unprovenApprovals: unproven };
}

async function problemOf(
  c: Installation,
  rules: RulesAt,
  { forge, person, signed }: Approval,
): Promise<string | undefined> {
  if (forge !== undefined) return undefined;
  if (signed === undefined) return 'it is unsigned';
  const known = proven.get(c) ?? new Set();
  proven.set(c, known);
  // The text belongs to it: a signature that was good once says nothing of other words.
  const key = `${rules.commit} ${person} ${digestOf(signed.payload)} ${signed.signature}`;
  if (known.has(key)) return undefined;
  const signer = await signerOfPayload(c.ports, signed, rules);
  if (!('person' in signer)) return signer.problem;
  if (signer.person !== person) return `it is signed by ${signer.person}`;
  known.add(key);
  return undefined;
}
