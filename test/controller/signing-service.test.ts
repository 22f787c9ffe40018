import { describe, expect, test } from 'vitest';
import type { AuditLine, SignerView } from '../../src/controller/index.ts';
import { signingService } from '../../src/controller/index.ts';
import type { SigningOrder } from '../../src/model/index.ts';
import type { Signer } from '../../src/ports.ts';
import { faultOf } from '../support/fault-of.ts';

const order: SigningOrder = {
  ...{ key: 'A'.repeat(40), bytes: new Uint8Array(), dateSeconds: 1 },
  purpose: { kind: 'trial' },
};

function service(limits: { perMinute: number; waiting: number }) {
  const lines: AuditLine[] = [];
  const time = { now: 1000 };
  const signer: Signer = {
    keys: async () => [],
    publicKey: async () => '',
    sign: async () => {
      throw new Error('nothing is signed here');
    },
  };
  const made = signingService({
    signer,
    clock: { now: () => time.now },
    view: async () => ({}) as SignerView,
    audit: async (line) => void lines.push(line),
    limits,
  });
  return { ...made, lines, time };
}

describe('the signing service', () => {
  test('writes down what it refuses before it answers', async () => {
    const s = service({ perMinute: 10, waiting: 10 });
    const fault = await faultOf(() => s.sign(order));
    expect(fault.code).toBe('SigningRefused');
    expect(s.lines).toMatchObject([{ verdict: 'refused', kind: 'trial', time: 1000 }]);
    expect(s.lines[0]?.fault?.code).toBe('SigningRefused');
  });

  test('[J11] a thousand orders at once: one after another, as many as may wait, the others are told to come again', async () => {
    const s = service({ perMinute: 5000, waiting: 64 });
    const all = await Promise.all(
      Array.from({ length: 1000 }, async () => (await faultOf(() => s.sign(order))).code),
    );
    const counts = Map.groupBy(all, (code) => code);
    expect(counts.get('SigningRefused')).toHaveLength(64);
    expect(counts.get('SignerBusy')).toHaveLength(936);
    expect(s.lines).toHaveLength(64);
    expect((await faultOf(() => s.sign(order))).code).toBe('SigningRefused');
  });

  test('[J11] more than its share of a minute waits for the next', async () => {
    const s = service({ perMinute: 3, waiting: 10 });
    const codes: string[] = [];
    for (let n = 0; n < 4; n += 1) codes.push((await faultOf(() => s.sign(order))).code);
    expect(codes.at(-1)).toBe('SignerBusy');
    s.time.now += 61;
    expect((await faultOf(() => s.sign(order))).code).toBe('SigningRefused');
  });
});
