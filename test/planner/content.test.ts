import { describe, expect, test } from 'vitest';
import { settle } from '../support/apply.ts';
import { world } from '../support/world.ts';

describe('what a channel contains', () => {
  test('nothing without a pin', () => {
    const w = world()
      .upstream('v')
      .channel('testing', { base: ['v'] })
      .offers('v', ['a-1-1.x86_64']);
    settle(w);
    expect(w.serves('testing')).toEqual([]);
  });

  test('the packages of its pins and of promoted updates', () => {
    const w = world()
      .upstream('v')
      .channel('testing', { base: ['v'] });
    w.offers('v', ['a-1-1.x86_64', 'b-1-1.x86_64']).pin('testing', 'v');
    w.offers('v', ['a-2-1.x86_64', 'b-1-1.x86_64']).update('U-1', ['a-2-1.x86_64']);
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'b-1-1.x86_64']);
    w.promote('testing', 'U-1');
    settle(w);
    expect(w.serves('testing')).toEqual(['a-1-1.x86_64', 'a-2-1.x86_64', 'b-1-1.x86_64']);
  });
});
