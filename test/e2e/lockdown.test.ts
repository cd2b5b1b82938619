/** A stopped station in a real window: stopped by a security admin in the window, and lifted by another one at the lock page, which opens to nobody in between. */
import { afterEach, expect, test } from 'vitest';
import { liftStop, stopStation } from '../../src/services/emergency/stop.ts';
import { brings } from '../support/brings.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { authenticator, entered, firstRun, passphrase, start, until, wardmux, type Running } from './support.ts';

const moWords = 'marble canyon drizzle hammock violet';
let running: Running | undefined;
afterEach(async () => {
  await running?.stop();
  running?.remove();
  running = undefined;
});

/** Of the app's time: it looks at the ledger every five. */
async function seconds(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    running!.clock.advance(1000);
    await running!.app.tick();
  }
}

test('a station that is stopped in the window is locked at once, names who and why, and opens to nobody until another one lifts it there', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  const { app, home, page } = running;
  await asAdmin(home, 0, passphrase, (parts) => enrolOther(parts, 'Mo Adeyemi', moWords, ['security']));
  const band = page.getByRole('dialog', { name: 'People' });
  await page.keyboard.press('Control+b');
  await page.keyboard.type(':people');
  await page.keyboard.press('Enter');
  await band.getByRole('button', { name: 'Stop the workstation' }).click();
  await band.getByRole('radio', { name: 'security incident' }).check();
  await brings(() => page.keyboard.press('Enter'), band.getByText('Stop this workstation. Reason: security incident.'));
  await band.locator('#prove').fill(passphrase);
  await page.keyboard.press('Enter');
  await running.surface('lock');
  const poster = async (): Promise<string> => (await running!.page.textContent('.poster')) ?? '';
  await until(async () => (await poster()).includes('Nobody unlocks here now.'), 'the lockdown');
  for (const words of ['Stopped', 'M. U.', 'Reason: security incident.', 'stopped for everyone', 'Programs run on']) expect(await poster()).toContain(words);
  expect(await running.page.locator('input').count()).toBe(0);

  // Return opens the form for lifting it, and that takes nobody in: not who has stopped it, nor whoever is nobody.
  const lift = async (who: string, words: string): Promise<void> => {
    await running!.page.locator('#lift-who').fill(who);
    await running!.page.locator('#lift-secret').fill(words);
    await running!.page.keyboard.press('Enter');
  };
  const error = async (): Promise<string> => (await running!.page.locator('.glassform .poster__err').textContent()) ?? '';
  await running.page.keyboard.press('Enter');
  await lift('Mara Ueda', passphrase);
  await until(async () => (await error()).includes('Nobody lifts what they have stopped themselves'), 'not by who has stopped it');
  await lift('Nobody At All', moWords);
  await until(async () => (await error()).includes('did not open'), 'not by nobody');
  expect(app.surface).toBe('lock');
  await lift('Mo Adeyemi', moWords);
  await until(async () => (await running!.page.locator('#who').count()) === 1, 'the question who it is');
  expect(await poster()).not.toContain('stopped');
  expect(app.surface).toBe('lock');
  expect(entered(running, 'station.stop').map(({ detail }) => detail?.['to'])).toEqual(['stopped', 'lifted']);

  // By commands elsewhere too: the page that stands says each within seconds, and is asked for nothing.
  await asAdmin(home, 1, moWords, (parts) => stopStation(parts, 'drill'));
  await seconds(5);
  await until(async () => (await poster()).includes('Reason: a drill.'), 'the stop by a command');
  expect(await running.page.locator('#who').count()).toBe(0);
  await asAdmin(home, 0, passphrase, (parts) => liftStop(parts, undefined));
  await seconds(5);
  await until(async () => (await running!.page.locator('#who').count()) === 1, 'the question who it is, after the lift by a command');
  expect(await poster()).not.toContain('stopped');
  expect((await wardmux(['ledger', 'verify'], { home })).status).toBe(0);
});

test('a passkey lifts it too, at the lock page, and nothing else is opened by that', async () => {
  running = await start();
  await authenticator(running.page, true);
  await firstRun(running, { passkey: true });
  const { app, home } = running;
  await asAdmin(home, 0, passphrase, (parts) => enrolOther(parts, 'Mo Adeyemi', moWords, ['security']));
  await asAdmin(home, 1, moWords, (parts) => stopStation(parts, 'drill'));
  await seconds(5);
  await running.surface('lock');
  const button = running.page.getByRole('button', { name: /^Lift the stop/ });
  await button.waitFor();
  await running.page.bringToFront();
  await button.click();
  await running.page.locator('#lift-who').fill('Mara Ueda');
  await running.page.getByRole('button', { name: /^By passkey/ }).click();
  await until(async () => (await running!.page.locator('#who').count()) === 1, 'the question who it is');
  expect(app.surface).toBe('lock');
});
