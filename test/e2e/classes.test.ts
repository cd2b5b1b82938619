/** Two sessions of two classes in the app: a copy stays behind, over a lock too; histories are apart; the ledger has all of it. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';
import { brings } from '../support/brings.ts';
import { startUnlocked } from './initialised.ts';
import { entered, paneText, run, start, unlockWithPassphrase, until, type Entered, type Running } from './support.ts';

let running: Running;
beforeEach(async () => {
  running = await startUnlocked();
});
afterEach(async () => {
  await running.stop();
  running.remove();
});

const events = (action: string): Entered[] => entered(running, action);

const command = async (line: string): Promise<void> => {
  const { page } = running;
  await page.keyboard.press('Control+b');
  await brings(() => page.keyboard.press(':'), page.locator('.band input'));
  await page.keyboard.type(`${line}\n`);
  await page.locator('.band input').waitFor({ state: 'detached' });
};
const words = (): Promise<string[]> => running.page.locator('.pane:not([hidden]) .rule__class').allTextContents();
const inClass = (name: string): Promise<void> => until(async () => (await words()).join() === name, `the class ${name}`);
const toasts = async (): Promise<string> => (await running.page.locator('.toast').allInnerTexts()).join();

test('what is copied in a clinical session is not pasted into a general one, and shells keep their histories apart', async () => {
  const { page } = running;
  await inClass('clinical');
  await run(running, 'echo "$HISTFILE" | rev | cut -c1-21 | rev', 'clinical/history/bash');
  await run(running, 'clear; echo patient-$((400+7))', 'patient-407');
  await page.keyboard.press('Control+b');
  for (const key of ['[', 'ArrowUp', 'Control+a', 'Control+Space', 'Control+e', 'Alt+w']) await page.keyboard.press(key);
  await until(async () => (await toasts()).includes('Copied'), 'the copy');
  await command('new-session -C general');
  await inClass('general');
  await command('rename-session infra');
  await run(running, 'echo "$HISTFILE" | rev | cut -c1-20 | rev', 'general/history/bash');
  await page.bringToFront();
  await page.keyboard.press('Control+b');
  await page.keyboard.press(']');
  await until(async () => (await toasts()).includes('lets nothing of it into the class general'), 'the refusal');
  await until(() => events('session.crossing').length > 0, 'its event');
  expect(events('session.crossing')[0]).toMatchObject({ outcome: 'failure', detail: { from: 'clinical', to: 'general', way: 'paste' } });
  // A line that is given here does nothing there.
  await command('new-session -d -s third');
  await page.keyboard.press('Control+b');
  await brings(() => page.keyboard.press(':'), page.locator('.band input'));
  await page.keyboard.type("send-keys -t %0 'touch x' Enter\n");
  await until(async () => ((await page.textContent('.prompt__refused')) ?? '').includes('Nothing was done'), 'the refusal of the line');
  await page.keyboard.press('Escape');

  // Nor does a question that was asked there, when it is answered here.
  const last = async (key: string): Promise<void> => {
    await page.keyboard.press('Control+b');
    await page.keyboard.press(key);
  };
  const type = async (line: string): Promise<void> => {
    await last(':');
    await page.locator('.band input').waitFor();
    await page.keyboard.type(`${line}\n`);
  };
  await command('switch-client -p');
  await inClass('clinical');
  await type('confirm-before "send-keys \'echo asked-there\' Enter" ; switch-client -t infra');
  await inClass('general');
  await page.keyboard.press('y');
  await until(() => events('session.crossing').length === 3, 'the event of the answer');
  expect(await paneText(running)).not.toContain('asked-there');
  // A prompt that comes of a prompt holds its own words.
  await type("rename-window sheet ; command-prompt -I '#W' \"rename-window -- '%%'\"");
  await until(async () => (await page.inputValue('#command')) === 'sheet', 'the name in the prompt');
  await page.keyboard.press('Escape');

  // Over a lock everything stays as it is, and the class with it.
  await running.app.lock('hotkey');
  await unlockWithPassphrase(running);
  await inClass('general');
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.press('(');
  await inClass('clinical');
  await until(async () => ((await running.page.textContent('.pane:not([hidden])')) ?? '').includes('patient-407'), 'the first screen');
  expect(events('recording.start').map(({ detail }) => detail?.['sessionClass'])).toEqual(['clinical', 'general', 'general']);
  expect(events('session.crossing').map(({ outcome, detail }) => [outcome, detail])).toEqual([
    ['failure', { from: 'clinical', to: 'general', way: 'paste' }],
    ['failure', { from: 'general', to: 'clinical', way: 'command' }],
    ['failure', { from: 'clinical', to: 'general', way: 'command' }],
  ]);
});

test('where the class has a sandbox its shells run in it, recorded like any other, and split in it', async (context) => {
  const tried = spawnSync('/usr/bin/bwrap', ['--unshare-all', '--ro-bind', '/', '/', 'true'], { encoding: 'utf8' });
  context.skip(tried.status !== 0, `no sandbox can be made here: ${tried.error?.message ?? tried.stderr.trim()}`);
  await running.app.lock('hotkey');
  await running.stop();
  const { folder } = running;
  const path = join(running.home, 'policy.json');
  const sandbox = { kind: 'bubblewrap', network: false };
  const classes = [{ name: 'clinical', label: 'patients', look: 'clinical', first: true, to: [], sandbox }];
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), classes }));
  await acceptAsItStands(running.home);
  writeFileSync(join(folder, 'account-note'), 'of the account');
  running = await start({ folder });
  await unlockWithPassphrase(running);
  await inClass('patients');
  await run(running, 'clear; cat account-note; ls -A ~ | wc -l; tail -n +3 /proc/net/dev | wc -l; echo seen-$((40+2))', 'seen-42');
  const text = await paneText(running);
  expect(text).toMatch(/No such file or directory/);
  expect(text).not.toContain('of the account');
  expect(text).toMatch(/^\s*1\s*$/m);
  // Job control, the size of the pane, and a shell beside it.
  await run(running, 'clear; sleep 60 & jobs; kill %1; echo rows-$(stty size | cut -d" " -f2)', 'Running');
  await command('split-window -h');
  await until(async () => (await words()).length === 2, 'two panes');
  await until(async () => (await paneText(running)).split('\f').every((rows) => /[$#] /.test(rows)), 'its prompt');
  await command('select-pane -L');
  await run(running, 'clear; echo now-$(($(stty size | cut -d" " -f2) < 100))', 'now-1');
  await running.page.keyboard.type('exit\n');
  await until(async () => (await words()).length === 1, 'its end');
  expect(events('recording.start').at(-1)?.detail).toMatchObject({ sessionClass: 'clinical' });
  expect(events('recording.end').length).toBeGreaterThan(0);
});
