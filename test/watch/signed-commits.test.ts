import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId } from '../../src/model/index.ts';
import type { PolicyGit } from '../../src/ports.ts';
import { watch } from '../../src/watch/index.ts';
import type { GpgKey } from '../support/gpg.ts';
import { type PolicyWorld, policyWorld } from '../support/policy-repository.ts';
import { makeSigners, type Signers } from '../support/signers.ts';

let signers: Signers;
let alice: GpgKey;
let mallory: GpgKey;
let old: GpgKey;
let bob: string;
beforeAll(() => {
  signers = makeSigners();
  alice = signers.gpgKey('alice');
  mallory = signers.gpgKey('mallory');
  old = signers.gpgKey('old', '1d');
  bob = signers.sshKey('bob');
  signers.sshKey('stranger');
});
afterAll(() => signers.dispose());

let world: PolicyWorld;
let policyGit: PolicyGit;
let start: CommitId;
beforeEach(() => {
  world = policyWorld();
  policyGit = world.port();
  world.clock.time = Math.floor(Date.now() / 1000);
});
afterEach(() => world.remove());

const look = (head: CommitId | undefined, acknowledged?: CommitId) =>
  watch({ policyGit, clock: world.clock, log: { emit: () => undefined } }, { head, acknowledged });

const head = 'apiVersion: sluice/v1\n';
const site = (mode: string) =>
  `${head}kind: Site\nname: example\nurl: https://rpm.example.org/\ntrust: { mode: ${mode} }\n`;

interface Rights {
  readonly people?: readonly string[];
  readonly rules?: readonly string[];
}

function access({ people = [], rules = [] }: Rights = {}): string {
  const lines = [
    `  - { name: alice, openpgp: [{ fingerprint: ${alice.fingerprint}, key: keys/alice.asc }] }`,
    `  - { name: bob, ssh: [{ key: "${bob}" }] }`,
    ...people.map((p) => `  - ${p}`),
  ];
  const all = [
    '{ may: [change-access, change-trust], from: [alice] }',
    ...rules,
    '{ may: [promote], on: ["package/kernel*"], from: [alice] }',
    '{ may: [promote, rollback], on: ["promotion/testing/*"], from: [alice, bob] }',
    '{ may: [promote], on: ["promotion/production/*"], from: [alice, bob], count: 2 }',
    '{ may: [rollback], from: [bob] }',
    '{ may: [change-update], from: [alice, bob] }',
  ];
  return `${head}kind: Access\npeople:\n${lines.join('\n')}\nrules:\n${all.map((r) => `  - ${r}`).join('\n')}\n`;
}

const promotion = (channel: string, update = 'EX-1') =>
  `${head}kind: Promotion\nupdate: ${update}\nchannel: ${channel}\n`;

const update = (id: string, ...names: readonly string[]) =>
  `${head}kind: Update\nid: ${id}\npackages:\n${names
    .map((n, i) => `  - { nevra: ${n}-1-1.x86_64, sha256: ${String(i).repeat(64)}, upstream: v }`)
    .join('\n')}\n`;

type Files = Readonly<Record<string, string | undefined>>;

/** Commits as a person, with these settings of git. */
function commit(message: string, files: Files, how: readonly string[] = []): CommitId {
  for (const [path, text] of Object.entries(files)) {
    if (text === undefined) world.git('rm', '--quiet', '--', path);
    else world.write(path, text);
  }
  world.git('add', '--all');
  world.git(...how, 'commit', '--quiet', '--allow-empty', '--message', message);
  return world.git('rev-parse', 'HEAD') as CommitId;
}

const asAlice = () => signers.withGpg(alice);
const asBob = () => signers.withSsh('bob');

/** A site in keys mode, taken at first contact. */
async function keysSite(rights: Rights = {}, more: Files = {}): Promise<CommitId> {
  start = commit('start', {
    'sluice.yaml': site('keys'),
    'access.yaml': access(rights),
    'keys/alice.asc': alice.publicKey,
    'updates/EX-1.yaml': update('EX-1', 'hello'),
    ...more,
  });
  expect((await look(undefined)).head).toBe(start);
  return start;
}

/** Looks again and expects that the head stays, held for this reason. */
async function refuses(found: CommitId, code: string, ...words: readonly (string | RegExp)[]) {
  const seen = await look(start);
  expect(seen).toMatchObject({ head: start, newCommits: [], hold: { code, subject: 'policy' } });
  for (const word of [found, ...words]) expect(seen.hold?.text).toMatch(word);
  expect(seen.hold?.awaits).toContain(`sluice acknowledge ${found}`);
  expect(await policyGit.resolve('main')).toBe(start);
}

const testing = { 'promotions/testing/EX-1.yaml': promotion('testing') };

describe('signed commits', () => {
  it('accepts OpenPGP and SSH signatures of people who may', async () => {
    await keysSite();
    const one = commit('promote', testing, asAlice());
    expect(await look(start)).toMatchObject({ head: one });
    const two = commit('roll back', { 'promotions/testing/EX-1.yaml': undefined }, asBob());
    const seen = await look(one);
    expect(seen.hold).toBeUndefined();
    expect(seen.head).toBe(two);
  });

  it('[F01] refuses an unsigned commit, also one that changes no policy', async () => {
    await keysSite();
    await refuses(commit('promote', testing), 'CommitUnsigned', 'unsigned');
    world.git('reset', '--quiet', '--hard', start);
    await refuses(commit('words', { 'README.md': 'hello\n' }), 'CommitUnsigned');
  });

  it('[F02] refuses an unknown key, a copied signature, a revoked key and an expired one', async () => {
    await keysSite(
      {
        people: [
          `{ name: old, openpgp: [{ fingerprint: ${old.fingerprint}, key: keys/old.asc }] }`,
        ],
        rules: ['{ may: [promote], from: [old] }'],
      },
      { 'keys/old.asc': old.publicKey },
    );
    const refused = 'CommitSignatureRefused';
    const unknown = commit('promote', testing, signers.withGpg(mallory));
    await refuses(unknown, refused, mallory.fingerprint, 'belongs to nobody in access.yaml');
    world.git('reset', '--quiet', '--hard', start);
    const stranger = commit('promote', testing, signers.withSsh('stranger'));
    await refuses(stranger, refused, /SHA256:/, 'belongs to nobody in access.yaml');

    world.git('reset', '--quiet', '--hard', start);
    for (const how of [asAlice(), asBob()]) {
      const good = commit('promote', testing, how);
      const raw = world.git('cat-file', 'commit', good).replace('\npromote', '\npromote more');
      world.write('.git/forged', `${raw}\n`);
      const forged = world.git('hash-object', '-t', 'commit', '-w', '.git/forged') as CommitId;
      world.git('reset', '--quiet', '--hard', forged);
      await refuses(forged, refused, /over these bytes|incorrect|Could not verify|not good/);
      world.git('reset', '--quiet', '--hard', start);
    }

    const late = commit('promote', testing, signers.withGpg(old));
    expect((await look(start)).head).toBe(late);
    world.clock.time += 2 * 86_400;
    await refuses(late, refused, /expired on \d{4}-/);
  });

  it('[F02] refuses a revoked key, and an SSH key after its last day', async () => {
    const gone = signers.gpgKey('gone');
    const cut = signers.sshKey('cut');
    await keysSite(
      {
        people: [
          `{ name: gone, openpgp: [{ fingerprint: ${gone.fingerprint}, key: keys/gone.asc }] }`,
          `{ name: cut, ssh: [{ key: "${cut}", until: 2026-01-31 }] }`,
        ],
        rules: ['{ may: [promote], from: [gone, cut] }'],
      },
      { 'keys/gone.asc': gone.publicKey },
    );
    const told = commit('revoke', { 'keys/gone.asc': signers.gpg.revoked(gone) }, asAlice());
    expect((await look(start)).head).toBe(told);
    start = told;
    const stolen = commit('promote', testing, signers.withGpg(gone));
    await refuses(stolen, 'CommitSignatureRefused', /revoked on \d{4}-/, gone.fingerprint);
    world.git('reset', '--quiet', '--hard', start);
    const late = commit('promote', testing, signers.withSsh('cut'));
    await refuses(late, 'CommitSignatureRefused', 'expired at the end of 2026-01-31');
  });

  it('[F03] refuses a key that is in the repository but not listed', async () => {
    await keysSite({}, { 'keys/mallory.asc': mallory.publicKey });
    const found = commit('promote', testing, signers.withGpg(mallory));
    await refuses(found, 'CommitSignatureRefused', 'belongs to nobody in access.yaml');
  });

  it('[F04] believes the key and never the author', async () => {
    await keysSite();
    const author = ['--author', 'alice <alice@example.org>'];
    world.write('promotions/testing/EX-1.yaml', promotion('testing'));
    world.write('access.yaml', access({ rules: ['{ may: [hold], from: [bob] }'] }));
    world.git('add', '--all');
    world.git(...asBob(), 'commit', '--quiet', ...author, '--message', 'for alice');
    const found = world.git('rev-parse', 'HEAD') as CommitId;
    await refuses(found, 'NotAllowed', 'signed by bob', 'change-access', /access\.yaml:\d+:\d+/);
  });

  it('[F07] accepts a signed revert as a new decision, a rollback with its own right', async () => {
    await keysSite({}, { 'promotions/production/EX-1.yaml': promotion('production') });
    const alone = commit('take out', { 'promotions/production/EX-1.yaml': undefined }, asAlice());
    await refuses(alone, 'NotAllowed', 'rollback promotion/production/EX-1', '1 of bob');
    world.git('reset', '--quiet', '--hard', start);
    const back = commit('take out', { 'promotions/production/EX-1.yaml': undefined }, asBob());
    expect(await look(start)).toMatchObject({ head: back });
    world.git(...asBob(), 'revert', '--no-edit', back);
    start = back;
    const again = world.git('rev-parse', 'HEAD') as CommitId;
    await refuses(again, 'NotAllowed', 'promote promotion/production/EX-1', '2 of alice, bob');
  });

  it('[F19] refuses a link or submodule where policy stands, whoever signed it', async () => {
    await keysSite();
    for (const [mode, object, path] of [
      ['120000', world.git('hash-object', '-w', 'sluice.yaml'), 'promotions'],
      ['160000', start, 'channels/extra.yaml'],
    ]) {
      world.git('update-index', '--add', '--cacheinfo', `${mode},${object},${path}`);
      world.git(...asAlice(), 'commit', '--quiet', '--message', 'odd');
      const found = world.git('rev-parse', 'HEAD') as CommitId;
      await refuses(found, 'PolicyUnreadable', /symbolic link|submodule/);
      world.git('reset', '--quiet', '--hard', start);
    }
  });

  it('[F23] judges commits in order and applies nothing after the first bad one', async () => {
    await keysSite();
    const good = commit('one', testing, asAlice());
    const bad = commit('two', { 'promotions/production/EX-1.yaml': promotion('production') });
    commit('three', { 'README.md': 'x' }, asAlice());
    const last = commit('four', { 'README.md': 'y' }, asBob());
    const seen = await look(start);
    expect(seen).toMatchObject({ head: good, hold: { code: 'CommitUnsigned' } });
    expect(seen.newCommits.map((c) => c.id)).toEqual([good]);
    expect(seen.hold?.text).toContain(bad);
    expect(await policyGit.resolve('main')).toBe(good);
    expect(await look(good, bad)).toMatchObject({ head: last });
  });
});

describe('rights', () => {
  it('come from the parent: a right that a commit gives itself does not count yet', async () => {
    await keysSite();
    const rules = ['{ may: [promote], from: [bob] }'];
    const files = {
      'access.yaml': access({ rules }),
      'promotions/production/EX-1.yaml': promotion('production'),
    };
    await refuses(commit('mine', files, asBob()), 'NotAllowed', 'change-access', '1 of alice');
    world.git('reset', '--quiet', '--hard', start);
    const given = commit('give', { 'access.yaml': access({ rules }) }, asAlice());
    const used = commit(
      'use',
      { 'promotions/production/EX-1.yaml': promotion('production') },
      asBob(),
    );
    expect(given).not.toBe(used);
    expect(await look(start)).toMatchObject({ head: used });
  });

  it('cover every package of an update, and content that is changed after its promotion', async () => {
    const kernel = update('EX-2', 'hello', 'kernel-core');
    await keysSite({}, { 'updates/EX-2.yaml': kernel, ...testing });
    const second = { 'promotions/testing/EX-2.yaml': promotion('testing', 'EX-2') };
    await refuses(
      commit('two', second, asBob()),
      'NotAllowed',
      'package/kernel-core',
      '1 of alice',
    );
    world.git('reset', '--quiet', '--hard', start);
    const swapped = { 'updates/EX-1.yaml': update('EX-1', 'hello', 'kernel-core') };
    await refuses(commit('swap', swapped, asBob()), 'NotAllowed', 'package/kernel-core');
  });

  it('of two people are met by a merge that both signed', async () => {
    await keysSite();
    const production = { 'promotions/production/EX-1.yaml': promotion('production') };
    await refuses(commit('alone', production, asAlice()), 'NotAllowed', 'present: alice');
    world.git('reset', '--quiet', '--hard', start);
    const merged = (side: readonly string[]) => {
      world.git('switch', '--quiet', '--force-create', 'side', start);
      commit('ask', production);
      commit('seen', {}, side);
      world.git('switch', '--quiet', 'main');
      world.git(...asAlice(), 'merge', '--quiet', '--no-ff', '--no-edit', 'side');
      return world.git('rev-parse', 'HEAD') as CommitId;
    };
    await refuses(merged(asAlice()), 'NotAllowed', '2 of alice, bob');
    world.git('reset', '--quiet', '--hard', start);
    const both = merged(asBob());
    expect(await look(start)).toMatchObject({ head: both });
  });

  it('are not met by what somebody signed before it was taken back', async () => {
    await keysSite({ rules: ['{ may: [rollback], from: [alice] }'] });
    const production = { 'promotions/production/EX-1.yaml': promotion('production') };
    world.git('switch', '--quiet', '--create', 'side');
    const signed = commit('seen', production, asBob());
    world.git('switch', '--quiet', 'main');
    world.git(...asAlice(), 'merge', '--quiet', '--no-ff', '--no-edit', 'side');
    const taken = commit('out', { 'promotions/production/EX-1.yaml': undefined }, asAlice());
    expect(await look(start)).toMatchObject({ head: taken });
    start = taken;
    const tree = `${signed}^{tree}`;
    const text = ['commit-tree', '-S', '-p', taken, '-p', signed, '-m', 'again', tree];
    const again = world.git(...asAlice(), ...text) as CommitId;
    world.git('reset', '--quiet', '--hard', again);
    await refuses(again, 'NotAllowed', '2 of alice, bob');
  });

  it('are not gone round by a merge whose first parent is something else', async () => {
    await keysSite();
    const good = commit('one', testing, asAlice());
    expect((await look(start)).head).toBe(good);
    world.git('switch', '--quiet', '--create', 'side', start);
    commit('words', { 'README.md': 'x' }, asBob());
    world.git(...asBob(), 'merge', '--quiet', '--no-ff', '--no-edit', '--strategy=ours', 'main');
    const found = world.git('rev-parse', 'HEAD') as CommitId;
    world.git('branch', '--force', 'main', found);
    const seen = await look(good);
    expect(seen).toMatchObject({ head: good, hold: { code: 'HistoryRewritten' } });
  });

  it('to change access need somebody who keeps it, and rules that can be read', async () => {
    await keysSite();
    const handed = access().replace('change-trust], from: [alice]', 'change-trust], from: [bob]');
    const alone = commit('hand over', { 'access.yaml': handed }, asAlice());
    await refuses(alone, 'NotAllowed', 'under its new rules');
    world.git('reset', '--quiet', '--hard', start);
    const broken = commit('break', { 'access.yaml': 'x' }, asAlice());
    await refuses(broken, 'NotAllowed', 'cannot be read');
    world.git('reset', '--quiet', '--hard', start);
    world.git('switch', '--quiet', '--create', 'side');
    commit('hand over', { 'access.yaml': handed }, asBob());
    world.git('switch', '--quiet', 'main');
    world.git(...asAlice(), 'merge', '--quiet', '--no-ff', '--no-edit', 'side');
    const both = world.git('rev-parse', 'HEAD') as CommitId;
    expect(await look(start)).toMatchObject({ head: both });
  });

  it('are asked for from the commit after the one that switches to keys', async () => {
    start = commit('open', { 'sluice.yaml': site('open') });
    await look(undefined);
    const files = { 'access.yaml': access(), 'keys/alice.asc': alice.publicKey };
    const keys = commit('keys', { 'sluice.yaml': site('keys'), ...files });
    expect((await look(start)).head).toBe(keys);
    start = keys;
    await refuses(commit('back', { 'sluice.yaml': site('open') }), 'CommitUnsigned');
    world.git('reset', '--quiet', '--hard', start);
    const bobs = commit('back', { 'sluice.yaml': site('open') }, asBob());
    await refuses(bobs, 'NotAllowed', 'change-trust trust');
  });
});
