/** kill -9 in the middle of output: the recording verifies up to its last whole record, and the next start says what happened. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { AuditKeyOpener } from '../../src/recording/wrap.ts';
import { openRecording } from '../../src/recording/reader.ts';
import { killedExport } from '../support/killed-export.ts';
import { startUnlocked } from './initialised.ts';
import { entered, paneText, run, start, unlockWithPassphrase, until, wardmux, type Running } from './support.ts';

let running: Running | undefined;
let folder: string | undefined;
afterEach(async () => {
  await running?.stop();
  running?.remove();
  running = undefined;
  if (folder) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

const recordings = (home: string): string[] => readdirSync(join(home, 'recordings')).sort();

/** Everything that can be opened of a recording, with the audit key. */
async function output(at: string, home: string, id: string): Promise<string> {
  const key = readdirSync(at).find((name) => name.startsWith('wardmux-audit-key-'))!;
  const reader = await openRecording(join(home, 'recordings', id), { live: true });
  let text = '';
  for await (const { events } of reader.records(await AuditKeyOpener.fromFile(join(at, key))))
    for (const { event } of events) if (event.code === 'o') text += Buffer.from(event.data).toString('latin1');
  expect(reader.fault).toBeUndefined();
  return text;
}

/** Numbers in the order in which `flood N` was printed: no gap, from 1. */
function expectNoGap(text: string): number {
  const numbers = [...text.matchAll(/flood (\d+)\r\n/g)].map(([, n]) => Number(n));
  numbers.forEach((n, i) => expect(n).toBe(i + 1));
  return numbers.length;
}
const flood = 'i=0; while :; do i=$((i+1)); echo flood $i; done';

test('the renderer is killed: the app locks, and after the unlock the panes are back', async () => {
  running = await startUnlocked();
  await run(running, 'echo before-$((70+1))', 'before-71');
  const renderer = await running.app.window.rendererPid();
  process.kill(renderer!, 'SIGKILL');
  await running.surface('lock');
  await unlockWithPassphrase(running);
  await until(async () => (await paneText(running!)).includes('before-71'), 'the pane');
  await run(running, 'echo after-$((70+2))', 'after-72');
  expect(entered(running).map(({ action }) => action)).toEqual(expect.arrayContaining(['renderer.exit', 'lock']));
});

test('the vault host is killed while unlocked: the app locks', async () => {
  running = await startUnlocked();
  process.kill(running.app.processes.vault!, 'SIGKILL');
  await running.surface('lock');
  // Who did it the ledger cannot know; that nobody asked for it, and how it ended, it does.
  await until(() => ['vault-host.exit', 'lock'].every((action) => entered(running!, action).length > 0), 'both events');
  const events = entered(running);
  const death = events.findIndex(({ action }) => action === 'vault-host.exit');
  expect(events[death]).toMatchObject({ detail: { signal: constants.signals.SIGKILL } });
  expect(events.slice(death).find(({ action }) => action === 'lock')).toMatchObject({ detail: { cause: 'vault-gone' } });
  await unlockWithPassphrase(running);
  await run(running, 'echo still-$((70+3))', 'still-73');
  await running.app.lock('hotkey');
  // The kill by the lock is asked for, and is no event of its own.
  expect(entered(running, 'vault-host.exit')).toHaveLength(1);
});

test('the pty host is killed in the middle of output: sealed to the last whole record, said, and a new shell can be had', async () => {
  running = await startUnlocked();
  await running.page.keyboard.type(`${flood}\n`);
  await until(async () => /flood \d{4}/.test(await paneText(running!)), 'a flood');
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.press('%');
  // Its folder is made before main hears of it, and the shell is started only after that.
  const begun = (): number => entered(running!, 'recording.start').length;
  await until(() => recordings(running!.home).length === 2 && begun() === 2, 'another shell');
  process.kill(running.app.processes.pty!, 'SIGKILL');
  await until(() => entered(running!, 'recording.failed').length > 0, 'the end in the ledger');
  const id = entered(running, 'recording.start')[0]!.detail!['recording'] as string;
  expect(expectNoGap(await output(running.folder, running.home, id))).toBeGreaterThan(1000);
  // The page is another one by then; of one that is too busy with the output to leave the renderer is killed, so the window is asked for it each time.
  const page = (): ReturnType<Running['driver']['ready']> => running!.driver.ready();
  await until(async () => (await (await page()).locator('body').innerText()).includes('has ended'), 'a sentence about it');
  // One sentence for all recordings, however many there are.
  const said = async (): Promise<string> => (await (await page()).locator('.banner').allInnerTexts()).join('\n');
  await until(async () => (await said()).includes('2 recordings were interrupted, and are closed.'), 'the recordings');
  await until(async () => (await said()).startsWith('The process that runs the shells has ended.'), 'the worst first');
  expect(await running.page.locator('.banner').count()).toBe(2);
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.press('c');
  await run(running, 'echo new-$((70+4))', 'new-74');
  expect((await wardmux(['ledger', 'verify'], { home: running.home })).status).toBe(0);
});

test('an export that was cut off when the keys went: the lock removes what it had written in the clear, and says so', async () => {
  running = await startUnlocked();
  const { partial, recording, target } = await killedExport(join(running.home, 'run'), running.folder);
  expect(existsSync(join(partial, 'session.cast'))).toBe(true);
  await running.app.lock('hotkey');
  await running.surface('lock');
  // Before the lock page: it is a part of the lock that is proven.
  expect(existsSync(partial)).toBe(false);
  await until(
    async () => (await running!.page.locator('body').innerText()).includes(`The export of recording ${recording} was cut off`),
    'a sentence about it',
  );
  // Its path was chosen by a person, and everybody reads a lock page.
  expect(await running.page.locator('body').innerText()).not.toContain(target);
  expect(entered(running, 'export')).toMatchObject([{ detail: { recording, code: 'cut-off' } }]);
});

test('main is killed in the middle of output: nothing is lost silently, and the next start says what happened', async () => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const home = join(folder, 'home');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'app-process.ts'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const facts: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => facts.push(JSON.parse(line) as Record<string, unknown>));
  await until(() => facts.some((fact) => fact['ready']), 'the app', 60_000);
  child.stdin.write(`${flood}\n`);
  await until(() => facts.some((fact) => fact['flooding']), 'the flood');
  const { browser, pty, vault } = facts.find((fact) => fact['ready']) as Record<string, number>;
  child.kill('SIGKILL');
  await until(() => [browser, pty, vault].every((pid) => !existsSync(`/proc/${pid}`)), 'every process of the app to end');

  const [id] = recordings(home);
  const count = expectNoGap(await output(folder, home, id!));
  expect(count).toBeGreaterThan(10);
  const { partial } = await killedExport(join(home, 'run'), folder);
  running = await start({ folder });
  expect(existsSync(partial)).toBe(false);
  await unlockWithPassphrase(running);
  await until(async () => (await running!.page.locator('body').innerText()).includes(id!), 'a sentence about the interrupted recording');
  expect(entered({ home }).filter(({ action }) => action === 'recording.failed' || action === 'recording.end').length).toBeGreaterThan(0);
  expect(expectNoGap(await output(folder, home, id!))).toBe(count);
  expect((await wardmux(['ledger', 'verify'], { home })).status).toBe(0);
});
