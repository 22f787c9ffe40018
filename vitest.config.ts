import { defineConfig } from 'vitest/config';

/**
 * `test/` mirrors `src/`; `test/journeys` and `test/house` look at the whole. Files named `*.slow.test.ts` (long journeys,
 * crash sweeps) run only with SLUICE_TESTS=all, which `./run-tests --all` sets.
 */
const everything = process.env.SLUICE_TESTS === 'all';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: everything ? [] : ['test/**/*.slow.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
});
