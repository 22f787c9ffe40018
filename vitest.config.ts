import { defineConfig } from 'vitest/config';

/** `test/journeys` and `test/crash` need real tools; `./run-tests` picks the projects to run. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
