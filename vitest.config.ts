import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { PATIENCE_MS } from './test/support/wait-for.ts';

/** Folders whose tests start a browser, a package build or the whole app. */
const heavy = ['test/e2e/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/renderer/**/*.test.ts', 'test/packaging/**/*.test.ts'];
/** Of those, the ones whose outcome hangs on a limit of time in the product: a picture is proven gone within 250 ms, or its browser is killed. */
const alone = ['test/e2e/dark.test.ts'];

const cores = availableParallelism();

// Debian gives a person a group of their own and 002: what a test copies by itself could be written by others then, which the product refuses. Tests of such a
// folder make one.
process.umask(0o022);

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    pool: 'forks',
    setupFiles: ['./test/support/properties.ts'],
    // A sentence that is cut in the middle tells nobody what failed on a machine that is gone.
    chaiConfig: { truncateThreshold: 0 },
    expect: { poll: { timeout: PATIENCE_MS } },
    globalSetup: ['./test/support/temporary-folder.ts', './test/support/built-command.ts'],
    reporters: ['default', './tools/skip-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,main,renderer,tools}/**/*.test.{ts,tsx}', 'test/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', 'dist/**', ...heavy],
          testTimeout: 2 * PATIENCE_MS,
          hookTimeout: 2 * PATIENCE_MS,
          // One more than there are cores: somebody always waits, for a disk, a lock that is held, or a clock.
          maxWorkers: cores + 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'app',
          include: heavy,
          exclude: ['**/node_modules/**', ...alone],
          testTimeout: 3 * PATIENCE_MS,
          hookTimeout: 3 * PATIENCE_MS,
          // Two at a time: each has a browser, a screen, a data folder and a temporary folder of its own, and waits for them half of its time.
          maxWorkers: Math.min(cores, 2),
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: alone,
          testTimeout: 3 * PATIENCE_MS,
          hookTimeout: 3 * PATIENCE_MS,
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
