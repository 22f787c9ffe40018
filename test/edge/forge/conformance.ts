import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommitId, ProposalRequest, Sha256 } from '../../../src/model/index.ts';
import type { Forge, PathChange } from '../../../src/ports.ts';

/** What an adapter's test prepares: a forge, and a person who works in the same repository. */
export interface ForgeWorld {
  readonly forge: Forge;
  /** Another controller process of the same installation. */
  again(): Forge;
  /** The head of the watched branch. */
  main(): CommitId;
  /** Commits as a person on the watched branch. */
  commitOnMain(path: string, text: string): CommitId;
  /** Commits as a person on a proposal's branch. */
  commitOnBranch(branch: string, path: string, text: string): CommitId;
  mergeAsPerson(branch: string): CommitId;
  deleteBranch(branch: string): void;
  /** Text of a file at a revision; undefined when absent. */
  show(revision: string, path: string): string | undefined;
  /** Message of a commit. */
  message(revision: string): string;
  branches(): readonly string[];
  later(seconds: number): void;
  /** alice writes below a proposal, as people do on this forge. */
  comment(number: number, text: string): void | Promise<void>;
  /** How often anything was said under a name of a head. */
  timesSaid(head: string, context: string): number | Promise<number>;
  /** Approvals are given on the forge's page; the controller's token cannot speak for a person. */
  readonly approvesOnPage?: boolean;
  remove(): void | Promise<void>;
}

export function request(change: Partial<ProposalRequest> = {}): ProposalRequest {
  return {
    kind: 'errata',
    identity: 'errata/testing/EXSA-2026-0001',
    channel: 'testing',
    title: 'Important: EXSA-2026:0001 for testing',
    effect: 'Merging this promotes EXSA-2026:0001 to testing.',
    edits: [],
    advisories: [],
    delta: { channel: 'testing', trees: {}, changes: [], downloadBytes: 0 },
    deltaDigest: 'd1'.padEnd(64, '0') as Sha256,
    gates: [],
    why: 'The vendor published it.',
    ...change,
  };
}

/** What a proposal says: the request and the message of its commit. */
export function question(change: Partial<ProposalRequest> = {}) {
  const asked = request(change);
  return { request: asked, message: `${asked.title}\n\nSluice-Proposal: ${asked.identity}\n` };
}

const promotion: readonly PathChange[] = [
  { path: 'promotions/testing/EXSA-2026-0001.yaml', text: 'update: EXSA-2026:0001\n' },
];

/** Every adapter of the forge port behaves like this. */
export function describeForge(name: string, makeWorld: () => Promise<ForgeWorld>): void {
  describe(`${name} as a forge`, () => {
    let world: ForgeWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(() => world.remove());

    const put = (changes = promotion, change: Partial<ProposalRequest> = {}, body = 'the body\n') =>
      world.forge.put({ ...question(change), body, base: world.main(), changes });
    const only = async () => {
      const list = await world.forge.list();
      expect(list).toHaveLength(1);
      return list[0] ?? expect.fail('no proposal');
    };

    it('opens one proposal with branch, title and body', async () => {
      expect(await world.forge.list()).toEqual([]);
      expect(await put()).toEqual({ number: 1, outcome: 'opened' });
      expect(await only()).toMatchObject({
        number: 1,
        identity: 'errata/testing/EXSA-2026-0001',
        branch: 'sluice/errata/testing/EXSA-2026-0001',
        title: 'Important: EXSA-2026:0001 for testing',
        body: 'the body\n',
        state: 'open',
        edited: false,
      });
      const branch = 'sluice/errata/testing/EXSA-2026-0001';
      expect(world.show(branch, 'promotions/testing/EXSA-2026-0001.yaml')).toContain('EXSA');
      expect(world.branches()).toEqual(['main', branch]);
    });

    it('gives back what the proposal brings', async () => {
      const brings = { 'update:EXSA-2026:0001': ['hello-1.1-1.noarch', 'EXSA-2026:0001'] };
      await put(promotion, { brings });
      expect((await only()).brings).toEqual(brings);
      expect(await put(promotion, { brings })).toEqual({ number: 1, outcome: 'unchanged' });
    });

    it('leaves an unchanged proposal untouched, also in another process and later', async () => {
      await put();
      const before = await only();
      world.later(3600);
      expect(await put()).toEqual({ number: 1, outcome: 'unchanged' });
      const other = world.again();
      const same = { ...question(), body: 'the body\n', base: world.main() };
      const again = await other.put({ ...same, changes: promotion });
      expect(again).toEqual({ number: 1, outcome: 'unchanged' });
      expect(await only()).toEqual(before);
    });

    it('updates content, body and base in place under the same number and branch', async () => {
      await put();
      const changed = [{ path: 'promotions/testing/EXSA-2026-0001.yaml', text: 'update: other\n' }];
      expect(await put(changed)).toEqual({ number: 1, outcome: 'updated' });
      expect(await put(changed, {}, 'new body\n')).toEqual({ number: 1, outcome: 'updated' });
      const base = world.commitOnMain('policies/other.yaml', 'kind: Policy\n');
      expect(await put(changed, {}, 'new body\n')).toEqual({ number: 1, outcome: 'updated' });
      const { branch, body } = await only();
      expect(body).toBe('new body\n');
      expect(world.show(branch, 'policies/other.yaml')).toBe('kind: Policy\n');
      expect(world.show(`${branch}~1`, 'policies/other.yaml')).toBe('kind: Policy\n');
      expect(world.main()).toBe(base);
    });

    it('leaves a branch alone that a person committed to, while its text follows', async () => {
      await put();
      const { branch } = await only();
      const edit = world.commitOnBranch(branch, 'notes.yaml', 'mine\n');
      expect(await only()).toMatchObject({ edited: true, head: edit });
      const changed = [{ path: 'promotions/testing/EXSA-2026-0001.yaml', text: 'update: other\n' }];
      expect(await put(changed, {}, 'new body\n')).toEqual({ number: 1, outcome: 'updated' });
      expect(await put(changed, {}, 'new body\n')).toEqual({ number: 1, outcome: 'unchanged' });
      expect(await only()).toMatchObject({ edited: true, head: edit, body: 'new body\n' });
    });

    it('tells what merging a branch would make of the policy files, and merges nothing', async () => {
      await put([...promotion, { path: 'notes/mine.txt', text: 'no policy\n' }]);
      const { branch } = await only();
      const head = world.commitOnBranch(branch, 'policies/site.yaml', 'mine\n');
      const onto = world.commitOnMain('policies/other.yaml', 'theirs\n');
      await only();
      const created = (path: string, text: string) => {
        const file = { path, mode: '100644', sizeBytes: text.length };
        return { path, file, text };
      };
      expect(await world.forge.mergeChanges(head, onto)).toEqual([
        created('policies/site.yaml', 'mine\n'),
        created('promotions/testing/EXSA-2026-0001.yaml', 'update: EXSA-2026:0001\n'),
      ]);
      expect(world.main()).toBe(onto);
      const other = world.commitOnMain('policies/site.yaml', 'theirs\n');
      await only();
      expect(await world.forge.mergeChanges(head, other)).toBeUndefined();
    });

    it('merges with a merge commit that names the proposal', async () => {
      await put();
      const { branch } = await only();
      world.commitOnMain('policies/other.yaml', 'kind: Policy\n');
      const merged = await world.forge.merge(1, 'alice\nSluice-Proposal: another');
      expect(world.main()).toBe(merged);
      expect(world.message('main')).toMatch(/\nMerged-by: alice Sluice-Proposal: another\s*$/);
      expect(world.show('main', 'promotions/testing/EXSA-2026-0001.yaml')).toContain('EXSA');
      expect(world.show('main', 'policies/other.yaml')).toBe('kind: Policy\n');
      expect(await only()).toMatchObject({ state: 'merged', branch });
      expect(world.branches()).toEqual(['main']);
      await expect(world.forge.merge(1)).rejects.toMatchObject({ code: 'ProposalUnknown' });
    });

    it('takes a plain merge by a person, and closes as merged afterwards', async () => {
      await put();
      const { branch } = await only();
      world.mergeAsPerson(branch);
      await world.forge.close(1, 'controller', 'merged');
      expect(await only()).toMatchObject({ state: 'merged', closedBy: 'controller' });
      expect(world.branches()).toEqual(['main']);
      await world.forge.close(1, 'controller', 'merged');
      expect(await world.forge.list()).toHaveLength(1);
    });

    it('remembers who closed it, and gives new content a new number', async () => {
      await put();
      await world.forge.close(1, 'person', 'rejected');
      expect(await only()).toMatchObject({ state: 'closed', closedBy: 'person' });
      const changed = [{ path: 'promotions/testing/EXSA-2026-0001.yaml', text: 'update: other\n' }];
      expect(await put(changed)).toEqual({ number: 2, outcome: 'opened' });
      const states = (await world.forge.list()).map((p) => [p.number, p.state]);
      expect(states).toEqual([
        [1, 'closed'],
        [2, 'open'],
      ]);
    });

    it('reads a removed branch as a no', async () => {
      await put();
      world.deleteBranch((await only()).branch);
      expect(await only()).toMatchObject({ state: 'closed', closedBy: 'person' });
      expect(await put()).toEqual({ number: 2, outcome: 'opened' });
      const states = (await world.forge.list()).map((p) => p.state);
      expect(states).toEqual(['closed', 'open']);
    });

    it('remembers how a question ended', async () => {
      await put();
      await world.forge.close(1, 'controller', 'superseded');
      expect(await only()).toMatchObject({ state: 'closed', closedAs: 'superseded' });
      const [again] = await world.again().list();
      expect(again).toMatchObject({ closedBy: 'controller', closedAs: 'superseded' });
    });

    it('keeps commits of a person when the question became pointless', async () => {
      await put();
      const { branch } = await only();
      world.commitOnBranch(branch, 'notes.yaml', 'mine\n');
      await world.forge.close(1, 'controller', 'withdrawn');
      expect(world.show(branch, 'notes.yaml')).toBe('mine\n');
      expect(await only()).toMatchObject({ state: 'closed', closedBy: 'controller' });
    });

    it('keeps many proposals apart', async () => {
      for (const n of [1, 2, 3]) {
        await put([{ path: `promotions/testing/${n}.yaml`, text: `${n}\n` }], {
          identity: `errata/testing/${n}`,
        });
      }
      expect((await world.forge.list()).map((p) => p.number)).toEqual([1, 2, 3]);
      await world.forge.merge(2);
      await world.forge.merge(1);
      expect(world.show('main', 'promotions/testing/1.yaml')).toBe('1\n');
      expect(world.show('main', 'promotions/testing/2.yaml')).toBe('2\n');
    });

    it('tells which branch conflicts by now, and merges it once it is proposed anew', async () => {
      world.commitOnMain('channels/testing.yaml', 'a: 1\nb: 1\n');
      await put([{ path: 'channels/testing.yaml', text: 'a: 2\nb: 1\n' }], {
        identity: 'snapshot/a',
      });
      await put([{ path: 'channels/testing.yaml', text: 'a: 1\nb: 2\n' }], {
        identity: 'snapshot/b',
      });
      await put([{ path: 'other.yaml', text: 'other\n' }], { identity: 'other' });
      await world.forge.merge(1);
      const stuck = (await world.forge.list()).filter((p) => p.conflicts === true);
      expect(stuck.map((p) => p.number)).toEqual([2]);
      const head = world.main();
      await expect(world.forge.merge(2)).rejects.toMatchObject({ code: 'MergeConflict' });
      expect(world.main()).toBe(head);
      await put([{ path: 'channels/testing.yaml', text: 'a: 2\nb: 2\n' }], {
        identity: 'snapshot/b',
      });
      await world.forge.merge(2);
      expect(world.show('main', 'channels/testing.yaml')).toBe('a: 2\nb: 2\n');
    });

    it('survives identities that git would not take as a branch', async () => {
      const hostile = ['errata/testing/..', 'errata/x.lock', 'errata/-x', 'errata/a b\n~^:'];
      for (const identity of hostile) await put(promotion, { identity });
      const list = await world.forge.list();
      expect(list.map((p) => p.identity)).toEqual(hostile);
      expect(new Set(list.map((p) => p.branch)).size).toBe(hostile.length);
    });

    it('tells what people wrote below open proposals, oldest first, and answers each once', async () => {
      await put();
      await put([{ path: 'other.yaml', text: 'other\n' }], { identity: 'other' });
      expect(await world.forge.comments()).toEqual([]);
      await world.comment(2, '/sluice hold `<b>`\nbecause of *this*');
      world.later(60);
      await world.comment(1, 'nice');
      const [first, second] = await world.forge.comments();
      expect(first).toMatchObject({ number: 2, person: 'alice', edited: false });
      expect(first?.text).toBe('/sluice hold `<b>`\nbecause of *this*');
      expect(first?.answer).toBeUndefined();
      expect(second).toMatchObject({ number: 1, text: 'nice' });
      if (first === undefined) return;
      await world.forge.answer(first, 'done, `thus`');
      await world.forge.answer(first, 'done once more');
      await world.again().answer(first, 'done by another process');
      const told = await world.again().comments();
      expect(told.map((c) => c.answer)).toEqual(['done, `thus`', undefined]);
      await world.forge.close(2, 'controller', 'withdrawn');
      expect((await world.forge.comments()).map((c) => c.number)).toEqual([1]);
    });

    it('says how things stand of a head, and says nothing twice', async () => {
      await put();
      const { head } = await only();
      const soak = { name: 'soak', state: 'success', text: '7d in testing' } as const;
      const needed = { name: 'approvals', state: 'pending', text: 'needs alice' } as const;
      const given = { ...needed, state: 'success', text: 'alice' } as const;
      await world.forge.setStatuses(1, head, [soak, needed]);
      world.later(60);
      await world.again().setStatuses(1, head, [soak, needed]);
      await world.forge.setStatuses(1, head, [given]);
      await world.forge.setStatuses(1, head, [given]);
      expect(await world.timesSaid(head, 'sluice/soak')).toBe(1);
      expect(await world.timesSaid(head, 'sluice/approvals')).toBe(2);
      expect((await only()).statuses ?? [given, soak]).toEqual([given, soak]);
    });

    it('refuses numbers that do not exist, and writes approvals of those that do', async () => {
      await expect(world.forge.merge(7)).rejects.toMatchObject({ code: 'ProposalUnknown' });
      await put();
      const approved = world.forge.approve(1, 'alice');
      if (world.approvesOnPage === true) {
        await expect(approved).rejects.toMatchObject({ code: 'ForgeRefused' });
      } else await approved;
      await expect(world.forge.approve(1, '../main')).rejects.toMatchObject({ code: 'Usage' });
    });
  });
}
