import { expect, test } from 'vitest';
import { answerComments } from '../../../src/controller/conversation/answer-comments.ts';
import type { Installation } from '../../../src/controller/index.ts';
import type { CommitId, Desired, Plan, ProposalRecord, Sha256 } from '../../../src/model/index.ts';
import type { ProposalComment } from '../../../src/ports.ts';

/** What a controller that is killed leaves: a forge that remembers, and a journal that may be lost. */
class Talk {
  readonly answers: string[] = [];
  readonly closed: number[] = [];
  answered = new Set<string>();
  comments: ProposalComment[] = [];
  /** Killed when it wants to do this. */
  killedAt: 'close' | 'note' | undefined;
  readonly record: ProposalRecord = {
    ...{
      number: 5,
      identity: 'promotion/production/U-1',
      branch: 'sluice/x',
      title: 't',
      body: '',
    },
    ...{ state: 'open', edited: false, openedAt: 0, updatedAt: 0 },
    deltaDigest: 'd'.repeat(64) as Sha256,
    head: 'a'.repeat(40) as CommitId,
  };

  say(id: string, text: string): this {
    this.comments.push({ id, number: 5, person: 'alice', text, at: 1, edited: false });
    return this;
  }

  installation(): Installation {
    const forge = {
      comments: async () => this.comments,
      list: async () => [
        this.closed.length > 0 ? { ...this.record, state: 'closed' } : this.record,
      ],
      answer: async ({ id }: ProposalComment, text: string) => {
        this.answers.push(text);
        this.comments = this.comments.map((c) => (c.id === id ? { ...c, answer: text } : c));
      },
      close: async (number: number) => {
        if (this.killedAt === 'close') throw new Error('killed');
        this.closed.push(number);
      },
    };
    const note = async (kind: string, data: { number: number; id: string }) => {
      if (this.killedAt === 'note') throw new Error('killed');
      if (kind === 'comment-answered') this.answered.add(`${data.number}/${data.id}`);
    };
    const memory = () => ({ answeredComments: this.answered, acceptedHead: undefined });
    return { ports: { forge }, memory, note } as unknown as Installation;
  }

  pass(): Promise<boolean> {
    const desired = { site: { trust: 'open' }, channels: new Map() } as unknown as Desired;
    const planned = { statuses: [], holds: [] } as unknown as Plan;
    return answerComments(this.installation(), desired, planned);
  }

  /** Killed in this pass, then run again. */
  async killed(at: 'close' | 'note'): Promise<void> {
    this.killedAt = at;
    await expect(this.pass()).rejects.toThrow('killed');
    this.killedAt = undefined;
    await this.pass();
    await this.pass();
  }
}

test('a command is answered once, and what is no command never', async () => {
  const talk = new Talk().say('1', '/sluice explain').say('2', 'nice').say('3', '/sluice dance');
  await talk.pass();
  await talk.pass();
  expect(talk.answers).toHaveLength(2);
  expect(talk.answers[0]).toContain('As it stands');
  expect(talk.answers[1]).toContain('not understood');
  expect([...talk.answered]).toEqual(['5/1', '5/3']);
});

test('killed before the journal knows of the answer, it is not given again', async () => {
  const talk = new Talk().say('1', '/sluice explain');
  await talk.killed('note');
  expect(talk.answers).toHaveLength(1);
  expect(talk.answered.size).toBe(1);
});

test('with the journal lost, the answers that are there are enough', async () => {
  const talk = new Talk().say('1', '/sluice explain');
  await talk.pass();
  talk.answered = new Set();
  await talk.pass();
  expect(talk.answers).toHaveLength(1);
});

test('killed between the answer to reject and the closing, it is closed then', async () => {
  const talk = new Talk().say('1', '/sluice reject');
  await talk.killed('close');
  expect(talk.closed).toEqual([5]);
  expect(new Set(talk.comments.map((c) => c.answer)).size).toBe(1);
});

test('hundreds of commands at once are answered twenty a pass', async () => {
  const talk = new Talk();
  for (let n = 0; n < 50; n++) talk.say(String(n), '/sluice explain');
  await talk.pass();
  expect(talk.answers).toHaveLength(20);
  await talk.pass();
  await talk.pass();
  expect(talk.answers).toHaveLength(50);
});
