/** A security admin who opens no shells, in a real window: nothing of a lawful unlock is an alarm, and their commands can be typed. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { brings } from '../support/brings.ts';
import { initialise } from './initialised.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { comeIn, entered, passphrase, start, until, type Running } from './support.ts';

const words = 'violin harbour seven lanterns moss';
let running: Running;
afterEach(async () => {
  await running.stop();
  running.remove();
});

test('an unlock and ctrl-b : of a security admin without a shell are no denials; what is offered is what they may do, and a refusal says what it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  initialise(folder);
  await asAdmin(join(folder, 'home'), 0, passphrase, (parts) => enrolOther(parts, 'Mia Long', words, ['security']));
  running = await start({ folder });
  await comeIn(running, 'mia long', words);
  const { page } = running;
  // It goes by itself, after seconds: it is looked at first.
  await page.locator('.toasts').getByText('Welcome').waitFor();
  await page.getByRole('heading', { name: 'You open no shells here.' }).waitFor();
  await page.keyboard.press('Control+b');
  await page.keyboard.type(':');
  const field = page.getByRole('combobox');
  await field.waitFor();
  const offered = (await page.getByRole('option').allInnerTexts()).join('\n');
  expect(offered).toContain('lock');
  expect(offered).not.toMatch(/split|new-window|kill-pane/);
  await field.fill('new-window');
  await page.keyboard.press('Enter');
  await until(async () => (await page.locator('#refused').innerText()).includes('recorded shell'), 'what was refused');
  await field.fill('people');
  await brings(() => page.keyboard.press('Enter'), page.getByRole('dialog', { name: 'People' }).getByRole('button', { name: 'Mia Long' }));
  expect(entered(running, 'access.denied')).toEqual([]);
  expect(await page.getByText('Your roles do not permit this.').count()).toBe(0);
});
