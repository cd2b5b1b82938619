/** Heads kept outside, with the whole app: they go while it runs, over a kill, and the line says what they show. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { firstRun, passphrase, run, start, unlockWithPassphrase, until, wardmux, type Running } from './support.ts';

let folder: string;
let home: string;
let share: string;
let running: Running | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  home = join(folder, 'home');
  share = join(folder, 'share');
  mkdirSync(share);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const read = (path: string): string[] => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []);
const installation = (): string => (JSON.parse(readFileSync(join(home, 'installation.json'), 'utf8')) as { id: string }).id;
const heads = (): string[] => read(join(share, `${installation()}.heads.jsonl`));
const actions = (): string[] => read(join(home, 'ledger', 'events.jsonl')).map((line) => (JSON.parse(line) as { action: string }).action);
const line = (): Promise<string> => running!.page.locator('footer').innerText();

/** Time passes in the app until the line says it. */
async function lineSays(words: string): Promise<void> {
  await until(async () => {
    running!.clock.advance(1000);
    await running!.app.tick();
    return (await line()).includes(words);
  }, `"${words}" on the line`);
}

async function stop(): Promise<void> {
  await running!.stop();
  running = undefined;
}

/** First run, and a file drop in the policy. */
async function withDrop(): Promise<void> {
  running = await start({ folder });
  await firstRun(running, { passkey: false });
  await lineSays('ledger not anchored');
  await stop();
  expect(await wardmux(['anchor', 'add', 'share', '--file', share], { home })).toMatchObject({ status: 0 });
  expect(await wardmux(['policy', 'accept', '--passphrase-fd', '3'], { home, passphrase })).toMatchObject({ status: 0 });
}

test('a head goes as soon as the app stands; the line says so; a data folder that was set back is diverged', async () => {
  await withDrop();
  running = await start({ folder });
  await unlockWithPassphrase(running);
  await lineSays('ledger anchored now');
  const first = heads().length;
  expect(first).toBeGreaterThan(0);
  expect(actions()).toContain('anchor.sent');
  await run(running, 'echo anchored-$((40+1))', 'anchored-41');
  await stop();
  // What the end of the app signed went too.
  expect(heads().length).toBeGreaterThan(first);
  expect(await wardmux(['anchor', 'status'], { home })).toMatchObject({ status: 0, stdout: expect.stringMatching(/^anchored: share: /) });

  cpSync(home, join(folder, 'older'), { recursive: true });
  running = await start({ folder });
  await unlockWithPassphrase(running);
  await stop();
  const last = heads();
  rmSync(home, { recursive: true });
  cpSync(join(folder, 'older'), home, { recursive: true });

  expect(await wardmux(['anchor', 'status'], { home })).toMatchObject({ status: 51, stdout: expect.stringMatching(/^diverged: share: /) });
  expect(await wardmux(['ledger', 'verify'], { home })).toMatchObject({ status: 51 });
  // Where the share can be read, nothing is opened over it.
  await expect(start({ folder })).rejects.toThrow('does not extend');
  // Where it is away, the app opens; it finds out when the share is back.
  renameSync(share, `${share}-away`);
  running = await start({ folder });
  await unlockWithPassphrase(running);
  renameSync(`${share}-away`, share);
  await lineSays('ledger diverged');
  await until(() => actions().includes('anchor.diverged'), 'the event');
  expect(await running.page.locator('body').innerText()).toContain('does not extend a head that is kept outside');
  await stop();
  expect(heads()).toEqual(last);
});

test('the share is gone, the app is killed, the share is back: the next start hands the head over', async () => {
  await withDrop();
  const known = heads().length;
  renameSync(share, `${share}-away`);
  const child = spawn(process.execPath, [join(import.meta.dirname, 'app-process.ts'), folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ready = new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).once('line', () => resolve());
    child.once('exit', () => reject(new Error('the app ended')));
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  await ready;
  child.kill('SIGKILL');
  await gone;
  mkdirSync(share);
  running = await start({ folder });
  await unlockWithPassphrase(running);
  // An empty folder is not the share.
  await until(async () => {
    running!.clock.advance(1000);
    await running!.app.tick();
    return readFileSync(join(home, 'anchors', 'share', 'state.json'), 'utf8').includes('"code":"not-marked"');
  }, 'a failed attempt');
  await lineSays('ledger not anchored');
  rmSync(share, { recursive: true });
  renameSync(`${share}-away`, share);
  await stop();
  expect(heads().length).toBeGreaterThan(known);
  expect(await wardmux(['anchor', 'status'], { home })).toMatchObject({ status: 0 });
});
