import { expect, test } from 'vitest';
import type { Installation } from '../../src/controller/installation.ts';
import { provenApprovals } from '../../src/controller/proven-approvals.ts';
import type { Approval, CommitId, Desired, ProposalRecord, Sha256 } from '../../src/model/index.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';
const texts: Readonly<Record<string, string>> = {
  'sluice.yaml':
    'apiVersion: sluice/v1\nkind: Site\nname: example\nurl: http://127.0.0.1:8080\ntrust: { mode: keys }\n',
  'access.yaml': `apiVersion: sluice/v1\nkind: Access\npeople:\n  - { name: bob, ssh: [{ key: "${key}" }] }\nrules:\n  - { may: [change-access, change-trust, promote], from: [bob] }\n`,
};
const head = 'a'.repeat(40) as CommitId;

/** ssh-keygen's part: this signature is over this text and no other. */
const policyGit = {
  firstParents: async () => [],
  files: async () =>
    Object.keys(texts).map((path) => ({ path, mode: '100644' as const, sizeBytes: 100 })),
  readText: async (_: CommitId, path: string) => texts[path],
  verifySsh: async ({ payload }: { readonly payload: Uint8Array }) =>
    Buffer.from(payload).toString() === 'what bob signed'
      ? ({ kind: 'good', key } as const)
      : ({ kind: 'broken', found: 'incorrect signature' } as const),
};
const c = {
  memory: () => ({ acceptedHead: head }),
  ports: { policyGit, clock: { now: () => 1_780_000_000 } },
} as unknown as Installation;
const desired = {
  site: { trust: 'keys' },
  channels: new Map([['production', { gates: { approvals: { count: 1, from: ['bob'] } } }]]),
  commit: head,
} as unknown as Desired;

function approvedWith(text: string): ProposalRecord {
  const signature = '-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n';
  const signed = { payload: Buffer.from(text), signature };
  const approval: Approval = {
    person: 'bob',
    head,
    delta: 'd'.repeat(64) as Sha256,
    at: 1,
    signed,
  };
  return { number: 1, approvals: [approval] } as unknown as ProposalRecord;
}

test('[F02] a signature that was good once does not count on another text, in a later pass either', async () => {
  const [good] = await provenApprovals(c, desired, [approvedWith('what bob signed')]);
  expect(good?.unprovenApprovals).toBeUndefined();
  const [again] = await provenApprovals(c, desired, [approvedWith('what bob signed')]);
  expect(again?.approvals).toHaveLength(1);
  const [copied] = await provenApprovals(c, desired, [approvedWith('what somebody else wrote')]);
  expect(copied?.approvals).toEqual([]);
  expect(copied?.unprovenApprovals?.[0]).toContain('that of bob does not count');
});
