/** Two sessions of two classes in the app: a copy stays behind, over a lock too; histories are apart; the ledger has all of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startUnlocked } from './initialised.ts';
import { run, unlockWithPassphrase, until, type Running } from './support.ts';

let running: Running;
beforeEach(async () => {
  running = await startUnlocked();
});
afterEach(async () => {
  await running.stop();
  running.remove();
});

interface Entered {
  readonly action: string;
  readonly outcome?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}
const events = (action: string): Entered[] =>
  readFileSync(join(running.home, 'ledger', 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entered)
    .filter((event) => event.action === action);

const command = async (line: string): Promise<void> => {
  const { page } = running;
  await page.keyboard.press('Control+b');
  await page.keyboard.press(':');
  await page.locator('.band input').waitFor();
  await page.keyboard.type(`${line}\n`);
  await page.locator('.band input').waitFor({ state: 'detached' });
};
const words = (): Promise<string[]> => running.page.locator('.pane:not([hidden]) .rule__class').allTextContents();
const inClass = (name: string): Promise<void> => until(async () => (await words()).join() === name, `the class ${name}`);
const toasts = async (): Promise<string> => (await running.page.locator('.toast').allInnerTexts()).join();

test('what is copied in a clinical session is not pasted into a general one, and shells keep their histories apart', { timeout: 120_000 }, async () => {
  const { page } = running;
  await inClass('clinical');
  await run(running, 'echo "$HISTFILE" | rev | cut -c1-21 | rev', 'clinical/history/bash');
  await run(running, 'clear; echo patient-$((400+7))', 'patient-407');
  await page.keyboard.press('Control+b');
  for (const key of ['[', 'ArrowUp', 'Control+a', 'Control+Space', 'Control+e', 'Alt+w']) await page.keyboard.press(key);
  await until(async () => (await toasts()).includes('Copied'), 'the copy');
  await command('new-session -C general -s infra');
  await inClass('general');
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
  await page.keyboard.press(':');
  await page.locator('.band input').waitFor();
  await page.keyboard.type("send-keys -t %0 'touch x' Enter\n");
  await until(async () => ((await page.textContent('.prompt__refused')) ?? '').includes('Nothing was done'), 'the refusal of the line');
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
  ]);
});
