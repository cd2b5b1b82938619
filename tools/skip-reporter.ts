import type { Reporter, TestModule } from 'vitest/node';

/** What stands in the place of a reason that nobody gave. bootstrap.mjs counts such a skip as a failure. */
export const noReason = 'no reason given';

/** Prints each skipped test with its reason, so that a skip is never silent. A reason is given with `context.skip(reason)`. */
export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>): void {
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const result = test.result();
        const note = result.state === 'skipped' ? result.note : undefined;
        console.log(`skipped: ${module.relativeModuleId} > ${test.fullName}: ${note ?? noReason}`);
      }
    }
  }
}
