import { expect, test } from 'vitest';
import { planText } from '../../src/reporter/index.ts';
import { apply, planned } from '../support/apply.ts';
import { world } from '../support/world.ts';

test('a plan says what is done and what waits, each with its reason and its place', () => {
  const w = world()
    .upstream('v')
    .channel('testing', { base: ['v'] })
    .channel('production', { base: ['v'], follows: 'testing' })
    .approvals({ testing: 'auto' })
    .offers('v', ['a-1-1.x86_64']);
  for (const step of planned(w).steps) apply(w, step);
  const text = planText(planned(w), (_, plain) => plain);
  expect(text).toContain('+ assemble  testing@1  first generation  (channels/testing.yaml:1:1)');
  expect(text).toMatch(/~ point {5}testing {2}nothing → [0-9a-f]{12}/);
  expect(text).toContain('‖ Unpinned  production  base:v');
});
