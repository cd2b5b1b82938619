/** `npm test`: the checks, then vitest, and one closing line that counts both. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, capture, root, run, say } from './common.mjs';

const bin = (path) => join(root, 'node_modules', path);

/** Each counts as one test. `args` are for Node 24. */
export const checks = [
  { name: 'format (prettier)', args: [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'] },
  { name: 'lint (oxlint)', args: [bin('oxlint/bin/oxlint'), '--deny-warnings'] },
  { name: 'types (tsc)', args: [bin('typescript/bin/tsc'), '-p', 'tsconfig.json'] },
  { name: 'types of the renderer (tsc)', args: [bin('typescript/bin/tsc'), '-p', 'renderer/tsconfig.json'] },
  { name: 'licences', args: ['tools/licences.mjs', '--check'] },
];

/** A check that takes longer than this hangs. */
const checkSeconds = 300;

/** @returns {Promise<{ passed: number, failed: number }>} */
export async function runChecks(node, list = checks, write = (text) => process.stdout.write(text)) {
  const counts = { passed: 0, failed: 0 };
  for (const { name, args } of list) {
    const started = Date.now();
    const { status, output, timedOut } = await capture(node, args, { seconds: checkSeconds });
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (status === 0) {
      counts.passed++;
      write(`check passed: ${name} (${seconds} s)\n`);
    } else {
      counts.failed++;
      write(`${output.trimEnd()}\ncheck FAILED: ${name} (${timedOut ? `not done after ${checkSeconds} s` : `exit status ${status}`})\n`);
    }
  }
  return counts;
}

/**
 * Counts of a vitest run from its JSON report.
 * @param {string} text the report, or '' when there is none
 * @param {number} status vitest's exit status
 * @returns {{ passed: number, failed: number, skipped: number, notes: string[] }}
 */
export function countTests(text, status) {
  const notes = [];
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    return { passed: 0, failed: 1, skipped: 0, notes: ['vitest left no report: it counts as one failed test'] };
  }
  const files = report.testResults ?? [];
  const states = files.flatMap((file) => (file.assertionResults ?? []).map((test) => test.status));
  const passed = states.filter((state) => state === 'passed').length;
  let failed = states.filter((state) => state === 'failed').length;
  const skipped = states.length - passed - failed;
  for (const file of files) {
    // A file that could not be loaded has no tests in the report, and would else not be counted at all.
    if (file.status === 'failed' && !(file.assertionResults ?? []).some((test) => test.status === 'failed')) {
      failed++;
      notes.push(`${file.name} failed as a whole: it counts as one failed test`);
    }
  }
  if (status !== 0 && failed === 0) {
    failed++;
    notes.push(
      `vitest ended with status ${status} though no test failed (an error outside of the tests, or a skip without a reason): it counts as one failed test`,
    );
  }
  return { passed, failed, skipped, notes };
}

/** The contract with CI: exactly this line is the last one. */
export const closingLine = ({ passed, failed, skipped }) => `tests: ${passed} passed, ${failed} failed, ${skipped} skipped`;

/** @returns {Promise<number>} exit status: 0 when nothing failed */
export async function runTests(node, filters, build) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  try {
    await build();
    total.passed++;
    process.stdout.write('check passed: build\n');
  } catch (error) {
    total.failed++;
    process.stdout.write(`check FAILED: build (${error.message})\n`);
  }
  const checked = await runChecks(node);
  total.passed += checked.passed;
  total.failed += checked.failed;

  mkdirSync(cache, { recursive: true });
  const file = join(cache, `tests-${process.pid}.json`);
  const status = await run(node, [
    bin('vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=./tools/skip-reporter.ts',
    '--reporter=json',
    `--outputFile.json=${file}`,
    // In a CI's log, colours are noise between the words that somebody searches for.
    ...(process.stdout.isTTY ? [] : ['--no-color']),
    ...filters,
  ]);
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {}
  rmSync(file, { force: true });
  const counts = countTests(text, status);
  for (const note of counts.notes) say(note);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
  process.stdout.write(`${closingLine(total)}\n`);
  return total.failed === 0 ? 0 : 1;
}
