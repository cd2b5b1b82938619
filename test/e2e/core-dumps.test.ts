/** No process of the app leaves a core dump: main, the helpers, the browser, its zygotes and renderers. Shells are the person's. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandLine, processTree, rendererPids } from '../../src/browser/processes.ts';
import { isRunning } from '../../src/disk/process-identity.ts';
import { coreLimit, setCoreLimit } from '../../src/native/addon.ts';
import { missingPrograms } from '../support/display.ts';
import { openRealApp } from './real-window.ts';
import { root, until } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool');

const hardLimitOf = (pid: number): string => limitOf(pid, 2);
const limitOf = (pid: number, column = 1): string => {
  try {
    return /^Max core file size +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.[column] ?? '';
  } catch {
    return '';
  }
};

test('whoever started it with core dumps allowed gets none of any process of it', async ({ skip }) => {
  skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
  const before = coreLimit(0);
  const files = new Set(readdirSync(root));
  // As an administrator's shell that looks for a crash has it: the app inherits it.
  setCoreLimit(0, Infinity);
  try {
    const app = await openRealApp();
    try {
      await app.unlock();
      const tree = processTree(app.child.pid!);
      expect(tree.length).toBeGreaterThan(6);
      // The shell, and what it has started, which may be there for a moment: they are the person's.
      const shells = tree.filter((pid) => commandLine(pid)[0] === '/bin/bash').map((pid) => ({ pid, tree: processTree(pid) }));
      expect(shells.filter(({ pid }) => !shells.some((other) => other.pid !== pid && other.tree.includes(pid)))).toHaveLength(1);
      const theirs = new Set(shells.flatMap((shell) => [shell.pid, ...shell.tree]));
      const withheld = tree.filter((pid) => !theirs.has(pid) && isRunning(pid)).map((pid) => [commandLine(pid).slice(0, 2).join(' '), limitOf(pid)] as const);
      expect(withheld.length).toBeGreaterThan(5);
      expect(withheld.filter(([, limit]) => limit !== '1' && limit !== '')).toEqual([]);
      // Whoever may write to this account's limits (prlimit) cannot raise those of the browser again.
      const [browser] = tree.filter((pid) => commandLine(pid).some((word) => word.startsWith('--user-data-dir=')));
      expect(
        processTree(browser!)
          .map((pid) => hardLimitOf(pid))
          .filter((limit) => limit !== '1' && limit !== ''),
      ).toEqual([]);
      const [renderer] = rendererPids(app.child.pid!);
      process.kill(renderer!, 'SIGABRT');
      await until(() => !isRunning(renderer!), 'the end of the renderer');
      await until(async () => (await app.facts()).state === 'locked', 'the lock');
    } finally {
      await app.stop();
    }
  } finally {
    setCoreLimit(0, before);
  }
  // Where the system's pattern puts dumps into the working directory; in a store of the system the limits above are the proof.
  expect(readdirSync(root).filter((name) => name.startsWith('core') && !files.has(name))).toEqual([]);
});
