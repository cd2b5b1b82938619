/** Panes that are typed into together in the app: it is on the record, a click that moves one cursor moves no other, and a lock ends it. */
import type { Locator } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { brings } from '../support/brings.ts';
import { startUnlocked } from './initialised.ts';
import { entered, unlockWithPassphrase, until, type Running } from './support.ts';

let running: Running;
beforeEach(async () => {
  running = await startUnlocked();
});
afterEach(async () => {
  await running.stop();
  running.remove();
});

const screen = (pane: number): Locator => running.page.locator(`.pane[data-pane="${pane}"] .xterm-rows`);
const shows = (pane: number, text: string): Promise<void> =>
  until(async () => ((await screen(pane).textContent()) ?? '').includes(text), `${text} in pane ${pane}`);
async function command(line: string): Promise<void> {
  const { page } = running;
  await page.keyboard.press('Control+b');
  await brings(() => page.keyboard.press(':'), page.locator('.band input'));
  await page.keyboard.type(`${line}\n`);
}
const receiving = (): Locator => running.page.locator('.pane.is-receiving');

test('what is typed into one goes into the other until the lock, which ends it', async () => {
  const { page } = running;
  await command('split-window -h');
  await until(async () => (await page.locator('.pane:not([hidden])').count()) === 2, 'two panes');
  await until(() => entered(running, 'pane.open').length === 2, 'the shell of the second');
  await brings(() => command('set-option synchronize-panes on'), page.getByRole('button', { name: 'Type into all 2' }));
  expect(entered(running, 'session.synchronize')).toEqual([]);
  await brings(() => page.keyboard.press('y'), receiving().first());
  await until(() => entered(running, 'session.synchronize').length === 1, 'its event');
  expect(entered(running, 'session.synchronize')[0]?.detail).toEqual({ panes: 2 });
  await page.keyboard.type('echo both-$((40+2))\n');
  for (const pane of [0, 1]) await shows(pane, 'both-42');

  // Alt and a click in the line that is being typed move no cursor: they would type as many keys into the other line.
  await page.keyboard.type('echo abc');
  for (const pane of [0, 1]) await shows(pane, 'echo abc');
  const { x, y } = await page.evaluate<{ x: number; y: number }>(
    String.raw`(() => {
      const rows = [...document.querySelector('.pane[data-pane="1"] .xterm-rows').children];
      const { x, y, height } = rows.findLast((row) => row.textContent.includes('echo abc')).getBoundingClientRect();
      return { x: x + 20, y: y + height / 2 };
    })()`,
  );
  await page.keyboard.down('Alt');
  await page.mouse.click(x, y);
  await page.keyboard.up('Alt');
  await page.keyboard.type('-$((50+2))\n');
  for (const pane of [0, 1]) await shows(pane, 'abc-52');

  await running.app.lock('hotkey');
  await unlockWithPassphrase(running);
  await until(async () => (await page.locator('.pane:not([hidden])').count()) === 2, 'the panes');
  await page.keyboard.type('echo one-$((40+3))\n');
  await shows(1, 'one-43');
  expect(await receiving().count()).toBe(0);
  // The other one answers for itself: what was typed before that has long arrived.
  await command('select-pane -L');
  await until(() => page.evaluate<boolean>('document.querySelector(\'.pane[data-pane="0"]\').contains(document.activeElement)'), 'the first pane');
  await page.keyboard.type('echo end-$((60+1))\n');
  await shows(0, 'end-61');
  expect(await screen(0).textContent()).not.toContain('one-');
  expect(entered(running, 'session.synchronize')).toHaveLength(1);
});
