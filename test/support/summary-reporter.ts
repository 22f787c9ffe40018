import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Counts results for `./run-tests`: writes `passed failed skipped` into the file that SLUICE_TEST_SUMMARY names. A file
 * that could not be loaded and an error outside any test each count as one failure.
 */
class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
      counts.failed += module.errors().length;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    }
    const target = process.env.SLUICE_TEST_SUMMARY;
    const failed = counts.failed + counts.pending;
    if (target) writeFileSync(target, `${counts.passed} ${failed} ${counts.skipped}\n`);
  }
}

/** vitest loads reporters by their default export. */
export default SummaryReporter;
