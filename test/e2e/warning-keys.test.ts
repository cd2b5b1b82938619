/** The warning before an idle lock takes all of a chord, with real keys in a real window: whoever says "I am here" types nothing into a shell. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { missingPrograms, openDisplay, type Display } from '../support/display.ts';

import { initialise } from './initialised.ts';
import { prepare, unlockByKeys, until, type Running } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool');
let display: Display;
let running: Running;

beforeEach(async ({ skip }) => {
  skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
  display = await openDisplay();
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  initialise(folder);
  running = await prepare({ folder, display: display.name });
  await running.app.open();
});
afterEach(async () => {
  await running?.stop();
  running?.remove();
  display?.stop();
});

const shows = (text: string): Promise<boolean> =>
  running.driver.ready().then(async (page) => ((await page.locator('.xterm-rows').first().textContent()) ?? '').includes(text));
const warned = async (): Promise<boolean> => (await (await running.driver.ready()).locator('[role=alertdialog]').count()) > 0;

test('a chord that answers the warning reaches no shell until all of its keys are up; the next key does', async () => {
  await unlockByKeys(running, display);
  await running.surface('workspace');
  // A byte of any kind ends it, and an interrupt takes it away: what is on the screen then says which.
  await until(
    () => {
      display.key('ctrl+c');
      display.type("clear; stty raw -echo; printf 'wait%s' ing; head -c 1 | od -An -c; stty sane\n");
      return until(() => shows('waiting'), 'the program', 4000).then(() => true);
    },
    'the program that waits for a key',
    60_000,
  );
  for (const chord of [
    ['ctrl', 'c'],
    ['shift', 'z'],
  ] as const) {
    for (let second = 0; !(await warned()); second += 5) {
      expect(second).toBeLessThan(300);
      running.clock.advance(5000);
      await running.app.tick();
    }
    const [modifier, letter] = chord;
    display.xdotool('keydown', modifier, 'keydown', letter);
    await until(async () => !(await warned()), 'the end of the warning');
    // The warning is gone, and the hand still lies on the keys.
    display.xdotool('keyup', letter, 'keydown', 'x', 'keyup', 'x', 'keyup', modifier);
  }
  display.key('k');
  await until(() => shows('k'), 'the key after the chord');
  expect(await shows('   k')).toBe(true);
  expect(running.app.surface).toBe('workspace');
});
