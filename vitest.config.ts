import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Folders whose tests start a browser, a package build or the whole app. With two cores they would starve each other and
// time out, so their files run one after the other.
const heavy = ['test/e2e/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/renderer/**/*.test.ts', 'test/packaging/**/*.test.ts'];

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: {
    pool: 'forks',
    globalSetup: ['./test/support/temporary-folder.ts', './test/support/built-command.ts'],
    reporters: ['default', './tools/skip-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,main,renderer,tools}/**/*.test.{ts,tsx}', 'test/**/*.test.{ts,tsx}'],
          exclude: ['**/node_modules/**', 'dist/**', ...heavy],
          testTimeout: 15_000,
          hookTimeout: 30_000,
          // As many as there are cores: left alone it would be one less, and half of a workstation's two would rest.
          maxWorkers: availableParallelism(),
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'app',
          include: heavy,
          exclude: ['**/node_modules/**'],
          testTimeout: 90_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          maxWorkers: 1,
          // After the unit tests, not beside them: their timing is what some of these tests look at.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
