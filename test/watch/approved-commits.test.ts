import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CommitId, Fault } from '../../src/model/index.ts';
import type { Forge, MergedProposal } from '../../src/ports.ts';
import { watch } from '../../src/watch/index.ts';
import type { GpgKey } from '../support/gpg.ts';
import { type PolicyWorld, policyWorld } from '../support/policy-repository.ts';
import { makeSigners, type Signers } from '../support/signers.ts';

let signers: Signers;
let web: GpgKey;
let bot: GpgKey;
beforeAll(() => {
  signers = makeSigners();
  web = signers.gpgKey('web');
  bot = signers.gpgKey('sluice');
});
afterAll(() => signers.dispose());

let world: PolicyWorld;
let start: CommitId;
/** What the forge answers about each commit. */
let told: Map<string, MergedProposal | Fault>;
beforeEach(() => {
  world = policyWorld();
  world.clock.time = Math.floor(Date.now() / 1000);
  told = new Map();
  start = site();
});
afterEach(() => world.remove());

const unused = async (): Promise<never> => {
  throw new Error('not asked here');
};
const forge: Forge = {
  ...{ list: unused, put: unused, close: unused, merge: unused, approve: unused },
  ...{
    comments: unused,
    comment: unused,
    answer: unused,
    setStatuses: unused,
    mergeChanges: unused,
  },
  mergedBy: async (commit) => {
    const answer = told.get(commit);
    if (answer instanceof Fault) throw answer;
    return answer;
  },
};

const look = (head: CommitId | undefined, how: Partial<{ forge: Forge }> = { forge }) =>
  watch(
    { policyGit: world.port(), clock: world.clock, log: { emit: () => undefined }, ...how },
    { head },
  );

const top = 'apiVersion: sluice/v1\n';
const promotion = `${top}kind: Promotion\nupdate: EX-1\nchannel: production\n`;
const file = 'promotions/production/EX-1.yaml';

function site(rules: readonly string[] = [], owners = 'alice'): CommitId {
  const people = [
    '{ name: alice, logins: { github: Alice-X } }',
    `{ name: bob, logins: { github: bob-x, gitea: mallory }, openpgp: [{ fingerprint: ${web.fingerprint}, key: keys/web.asc }] }`,
    '{ name: carol, logins: { github: carol-x } }',
    '{ name: twin, logins: { github: twins } }',
    '{ name: other, logins: { github: twins } }',
    `{ name: sluice, openpgp: [{ fingerprint: ${bot.fingerprint}, key: keys/sluice.asc }] }`,
  ];
  const all = [
    `{ may: [change-access, change-trust], from: [${owners}] }`,
    ...rules,
    '{ may: [rollback], from: [bob] }',
    '{ may: [promote], on: ["promotion/production/*"], from: [alice, bob, carol, twin, other], count: 2 }',
    '{ may: [hold, change-update], from: [sluice] }',
  ];
  const list = (lines: readonly string[]) => lines.map((l) => `  - ${l}\n`).join('');
  return world.commit('start', {
    'sluice.yaml': `${top}kind: Site\nname: example\nurl: https://rpm.example.org/\ntrust: { mode: forge }\n`,
    'access.yaml': `${top}kind: Access\npeople:\n${list(people)}rules:\n${list(all)}`,
    'keys/web.asc': web.publicKey,
    'keys/sluice.asc': bot.publicKey,
  });
}

const reviewed = '1'.repeat(40) as CommitId;
const approval = (person: string, head = reviewed) => ({ person, head, at: 0 });

function approved(commit: CommitId, logins: readonly string[], more: Partial<MergedProposal> = {}) {
  const approvals = logins.map((login) => approval(login));
  told.set(commit, {
    ...{ forge: 'github', number: 7, author: 'carol-x', head: reviewed },
    ...{ asReviewed: true, approvals, ...more },
  });
}

const promote = () => world.commit('promote', { [file]: promotion });

async function refuses(found: CommitId, code: string, ...words: readonly string[]) {
  const seen = await look(start);
  expect(seen).toMatchObject({ head: start, newCommits: [], hold: { code, subject: 'policy' } });
  for (const word of [found, ...words]) expect(seen.hold?.text).toContain(word);
  return seen.hold;
}

describe('merged pull requests', () => {
  it('accepts a merge that enough people approved, by their logins', async () => {
    const found = promote();
    approved(found, ['alice-x', 'bob-x']);
    expect(await look(start)).toMatchObject({ head: found });
  });

  it('[F11] refuses a direct push', async () => {
    const hold = await refuses(
      promote(),
      'CommitNotMerged',
      'no merged pull request for this commit',
    );
    expect(hold?.awaits).toContain('as a pull request');
  });

  it('[F12] refuses an approval for an older head', async () => {
    const found = promote();
    const old = '2'.repeat(40) as CommitId;
    approved(found, [], { approvals: [approval('alice-x'), approval('bob-x', old)] });
    await refuses(found, 'NotAllowed', `bob for the older head ${old}`, 'needs 2 of');
  });

  it('[F13] counts no author, no stranger, nobody twice, and no login that two people have', async () => {
    const found = promote();
    for (const second of ['carol-x', 'Carol-X', 'mallory', 'ALICE-X', 'twins']) {
      approved(found, ['alice-x', second]);
      await refuses(found, 'NotAllowed', 'present: alice');
    }
    approved(found, []);
    await refuses(found, 'NotAllowed', 'was approved by nobody');
    approved(found, ['alice-x', 'mallory'], { forge: 'gitea' });
    await refuses(found, 'NotAllowed', 'present: bob');
  });

  it("[F14] never takes a forge's or a person's signature for approvals, only the controller's", async () => {
    const signed = (key: GpgKey, path: string, text: string) => {
      world.write(path, text);
      world.git('add', '--all');
      world.git(...signers.withGpg(key), 'commit', '--quiet', '--message', 'signed');
      return world.git('rev-parse', 'HEAD') as CommitId;
    };
    await refuses(signed(web, file, promotion), 'CommitNotMerged');
    world.git('reset', '--quiet', '--hard', start);
    const hold = `${top}kind: Hold\nchannel: production\nreason: r\npackages: []\n`;
    const own = signed(bot, 'holds/production/EX-1.yaml', hold);
    expect(await look(start)).toMatchObject({ head: own });
    world.git('reset', '--quiet', '--hard', start);
    await refuses(signed(bot, file, promotion), 'NotAllowed', 'signed by sluice');
  });

  it('[F15] refuses a commit that is not what was reviewed', async () => {
    const found = promote();
    approved(found, ['alice-x', 'bob-x'], { asReviewed: false });
    await refuses(found, 'CommitNotMerged', `not those of a merge of #7 (${reviewed})`);
  });

  it('[F16] waits while the forge does not answer, keeps what came before, and continues by itself', async () => {
    const first = promote();
    approved(first, ['alice-x', 'bob-x']);
    const second = world.commit('back', { [file]: undefined });
    const down = { object: 'forge', check: 'it answers', found: '403 rate limit', fix: 'Wait.' };
    for (const code of ['ForgeUnavailable', 'ForgeRefused'] as const) {
      told.set(second, new Fault(code, down));
      const seen = await look(start);
      expect(seen).toMatchObject({ head: first, hold: { code: 'ForgeUnavailable' } });
      expect(seen.hold?.text).toContain('waiting for the forge: forge');
      expect(seen.hold?.awaits).not.toContain('acknowledge');
    }
    approved(second, ['bob-x']);
    const after = await look(first);
    expect(after.head).toBe(second);
    expect(after.hold).toBeUndefined();
  });

  it('[F16] accepts nothing where no forge can tell who approved', async () => {
    const found = promote();
    const { mergedBy: _, ...local } = forge;
    for (const how of [{}, { forge: local }]) {
      const seen = await look(start, how);
      expect(seen).toMatchObject({ head: start, hold: { code: 'CommitNotMerged' } });
    }
    approved(found, ['alice-x', 'bob-x']);
    expect((await look(start)).head).toBe(found);
  });

  it('[F07] takes a revert through a pull request as a new decision with its own rule', async () => {
    const first = promote();
    approved(first, ['alice-x', 'bob-x']);
    const back = world.commit('Revert "promote"', { [file]: undefined });
    approved(back, ['alice-x']);
    const seen = await look(start);
    expect(seen).toMatchObject({ head: first, hold: { code: 'NotAllowed' } });
    expect(seen.hold?.text).toContain('rollback promotion/production/EX-1');
    approved(back, ['bob-x']);
    expect((await look(first)).head).toBe(back);
  });

  it('wants a change of the owners approved by an owner of the new rules too', async () => {
    const changed = site([], 'bob');
    approved(changed, ['alice-x']);
    await refuses(changed, 'NotAllowed', 'under its new rules (bob) approved it too');
    approved(changed, ['alice-x', 'bob-x']);
    expect((await look(start)).head).toBe(changed);
  });
});
