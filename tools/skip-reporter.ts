import type { Reporter, TestModule } from 'vitest/node';

const noReason = 'no reason given: that counts as a failure. Give one: context.skip(condition, reason)';

/** Prints each skipped test with its reason; one without fails the run, so that a skip is never silent. */
export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const result = test.result();
        const note = result.state === 'skipped' ? result.note : undefined;
        if (note === undefined) process.exitCode = 1;
        console.log(`skipped: ${module.relativeModuleId} > ${test.fullName}: ${note ?? noReason}`);
      }
    }
  }
}
