/** The processes of a browser behind a script, its death with us, and what is done where the machine's processes cannot be listed. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { waitFor } from '../../test/support/wait-for.ts';
import { isRunning, processStat } from '../../src/disk/process-identity.ts';
import { folderArgument } from '../../src/browser/owned-folder.ts';
import { commandLine, killNow, processTree, startedWith } from '../../src/browser/processes.ts';
import { Browser, BrowserStartError } from '../../src/browser/browser.ts';
import { createChromiumHost } from './index.ts';
import { tiedToUs } from '../../src/browser/tied.ts';

/** False: as where another program of this account has taken our descriptors away (prlimit(2), RLIMIT_NOFILE). */
const machine = vi.hoisted(() => ({ lists: true }));
vi.mock('../../src/browser/processes.ts', async (original) => {
  const real = await original<typeof import('../../src/browser/processes.ts')>();
  const whereListed =
    <Value, Result>(what: (value: Value) => Result) =>
    (value: Value): Result => {
      if (!machine.lists) throw new Error("EMFILE: too many open files, scandir '/proc'");
      return what(value);
    };
  return { ...real, processTree: whereListed(real.processTree), startedWith: whereListed(real.startedWith) };
});

/** Speaks as much of the protocol as a window without a page needs, with `--helper` it has a process of its own below it, and with `--says=PID` it says that it is that process. */
const program = `import { spawn } from 'node:child_process';
import { Socket } from 'node:net';
if (process.argv.includes('--helper')) spawn('sleep', ['1000'], { stdio: 'ignore' });
const says = process.argv.find((word) => word.startsWith('--says='))?.slice(7) ?? process.pid;
const results = {
  'Runtime.evaluate': { result: {} },
  'SystemInfo.getProcessInfo': { processInfo: [{ type: 'browser', id: Number(says) }] },
  'Page.addScriptToEvaluateOnNewDocument': { identifier: '1' },
  'Target.attachToTarget': { sessionId: 's' },
  'Target.getTargets': { targetInfos: [{ targetId: 't', type: 'page', url: 'about:blank' }] },
};
const [input, out] = [new Socket({ fd: 3 }), new Socket({ fd: 4 })];
let text = '';
input.setEncoding('utf8').on('data', (chunk) => {
  const messages = (text + chunk).split('\\0');
  text = messages.pop();
  for (const { id, method, sessionId } of messages.map((message) => JSON.parse(message)))
    out.write(JSON.stringify({ id, sessionId, result: results[method] ?? {} }) + '\\0', () => method === 'Browser.close' && process.exit());
});
// It goes on without its pipe, so that only a kill ends it.
input.on('error', () => {});
out.on('error', () => {});
setInterval(() => {}, 1000);
`;

let folder: string;
let script: string;
let waits: string;
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'b-'));
  writeFileSync(join(folder, 'browser.mjs'), program);
  const command = `"${process.execPath}" "${join(folder, 'browser.mjs')}" "$@"`;
  script = join(folder, 'browser');
  writeFileSync(script, `#!/bin/sh\nexec ${command}\n`);
  waits = join(folder, 'waits');
  // Something to do afterwards, or the shell would execute it in its own place.
  writeFileSync(waits, `#!/bin/sh\n${command}\nexit $?\n`);
  for (const path of [script, waits]) chmodSync(path, 0o755);
  process.on('unhandledRejection', note);
});
afterEach(() => {
  process.off('unhandledRejection', note);
  machine.lists = true;
  killNow(startedWith(folderArgument(folder)));
  rmSync(folder, { recursive: true, force: true });
});

const start = async (...more: string[]): Promise<Browser> => {
  const { browser } = await Browser.start({ ...tiedToUs(script, [folderArgument(folder), ...more]), env: { PATH: process.env['PATH'] }, folder });
  return browser;
};
const gone = (...pids: number[]): Promise<void> => waitFor(() => expect(pids.filter(isRunning)).toEqual([]));

test('the core limit reaches a browser that a script executes', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only Linux has the limit');
  skip(!existsSync('/usr/bin/prlimit') || !existsSync('/usr/bin/setpriv'), 'util-linux is not installed');
  const browser = await start();
  try {
    expect(/^Max core file size +(\S+) +(\S+)/m.exec(readFileSync(`/proc/${browser.pid}/limits`, 'utf8'))?.slice(1)).toEqual(['1', '1']);
  } finally {
    await browser.end();
  }
});

/** Another main: starts the browser as ours does, says its process id, and goes on. */
const main = `import { Browser } from ${JSON.stringify(join(import.meta.dirname, '../../src/browser/browser.ts'))};
import { tiedToUs } from ${JSON.stringify(join(import.meta.dirname, '../../src/browser/tied.ts'))};
const [path, folder] = process.argv.slice(1);
const { browser } = await Browser.start({ ...tiedToUs(path, ['--user-data-dir=' + folder]), env: { PATH: process.env.PATH }, folder });
console.log(browser.pid);
setInterval(() => {}, 1000);`;
const mainArguments = (path: string): string[] => ['--input-type=module-typescript', '-e', main, path, folder];

test('main is killed while the browser behind a script is stopped: the browser goes with it', async ({ skip }) => {
  skip(process.platform !== 'linux', 'only Linux has the tie');
  skip(!existsSync('/usr/bin/setpriv'), 'util-linux is not installed');
  const ours = spawn(process.execPath, mainArguments(script), { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = Number(String((await once(ours.stdout, 'data'))[0]));
  expect(commandLine(pid)).toContain(folderArgument(folder));
  process.kill(pid, 'SIGSTOP');
  await waitFor(() => expect(processStat(pid)?.state).toBe('T'));
  ours.kill('SIGKILL');
  await gone(pid);
});

test('a script that starts the browser and waits for it would leave one that is stopped: it is refused with a sentence, and nothing of it is left', ({
  skip,
}) => {
  skip(process.platform !== 'linux', 'processes are listed on Linux only');
  const { status, stdout, stderr } = spawnSync(process.execPath, mainArguments(waits), { encoding: 'utf8' });
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /BrowserStartError: it says that it is process \d+, and process \d+ was started for it: .* Have the script execute the browser in its own place \(exec\)/,
  );
  expect(startedWith(folderArgument(folder)).filter(isRunning)).toEqual([]);
});

test('what the browser has started is killed by its group, also where nothing can be listed', async ({ skip }) => {
  skip(process.platform !== 'linux', 'processes are listed on Linux only');
  const browser = await start('--helper');
  const tree = processTree(browser.pid);
  expect(tree.length).toBeGreaterThan(1);
  machine.lists = false;
  await expect(browser.kill(1000)).rejects.toThrow('EMFILE');
  await gone(...tree);
});

test('a browser that says it is a process which was not started for it is not believed, and nothing of it is left', async ({ skip }) => {
  skip(process.platform !== 'linux', 'processes are listed on Linux only');
  const failed = start(`--says=${process.pid}`);
  await expect(failed).rejects.toBeInstanceOf(BrowserStartError);
  await expect(failed).rejects.toThrow(`it says that it is process ${process.pid}, and process `);
  expect(startedWith(folderArgument(folder)).filter(isRunning)).toEqual([]);
});

test('where nothing can be listed a start that fails leaves nothing, and an end is one', async ({ skip }) => {
  skip(process.platform !== 'linux', 'processes are listed on Linux only');
  machine.lists = false;
  await expect(start(`--says=${process.pid}`)).rejects.toBeInstanceOf(BrowserStartError);
  machine.lists = true;
  expect(startedWith(folderArgument(folder)).filter(isRunning)).toEqual([]);
  const browser = await start();
  machine.lists = false;
  await browser.end();
  await gone(browser.pid);
});

test('a window that closes while nothing can be listed takes its browser and its profile with it, and another one opens', async ({ skip }) => {
  skip(process.platform !== 'linux', 'processes are listed on Linux only');
  unhandled.length = 0;
  const host = await createChromiumHost({
    distFolder: '/nonexistent',
    home: folder,
    runFolder: folder,
    headless: true,
    env: { PATH: process.env['PATH'], WARDMUX_BROWSER: script },
  });
  try {
    const window = await host.open({ rendererFolder: folder });
    const [pid, profile] = [host.browserPid!, host.profileFolder!];
    machine.lists = false;
    await window.close();
    await waitFor(() => expect([host.browserPid, host.profileFolder]).toEqual([undefined, undefined]));
    expect(existsSync(profile)).toBe(false);
    await gone(pid);
    machine.lists = true;
    await host.open({ rendererFolder: folder });
    expect(host.browserPid).not.toBe(pid);
    expect(unhandled).toEqual([]);
  } finally {
    machine.lists = true;
    await host.quit();
  }
});
