import { expect, test } from 'vitest';
import { plan } from '../../src/planner/index.ts';
import { settle } from '../support/apply.ts';
import { world } from '../support/world.ts';

const away = {
  code: 'SignerUnavailable',
  ...{ object: 'socket', check: 'the signer listens here', found: 'ENOENT', fix: 'Start it.' },
} as const;

test('while the signer is away, what would be signed waits and nothing else changes', () => {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] })
    .approvals({ testing: 'auto' })
    .offers('v', ['a-1-1.x86_64']);
  settle(w);
  w.state.signingKeys = [];
  w.state.signerFault = away;
  expect(plan(w.value())).toMatchObject({ steps: [], holds: [] });
  w.offers('v', ['a-2-1.x86_64']);
  settle(w);
  expect(w.serves('testing')).toEqual(['a-1-1.x86_64']);
  expect(plan(w.value()).holds).toMatchObject([
    { code: 'SignerUnavailable', subject: 'channel:testing', awaits: 'Start it.' },
  ]);
  w.state.signingKeys = ['A'.repeat(40)];
  delete w.state.signerFault;
  settle(w);
  expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'a-2-1.x86_64']);
});
