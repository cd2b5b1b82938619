/** A stopped station in a real window: the lock comes by itself, says so, and no passphrase opens it; another security admin lifts it. */
import { afterEach, expect, test } from 'vitest';
import { liftStop, stopStation } from '../../src/services/stop.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { firstRun, passphrase, start, until, type Running } from './support.ts';

const moWords = 'marble canyon drizzle hammock violet';
let running: Running | undefined;
afterEach(async () => {
  await running?.stop();
  running?.remove();
  running = undefined;
});

test('a stopped station is locked within seconds, names who and why, and opens to nobody until it is lifted', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  const { app, clock, home } = running;
  await asAdmin(home, 0, passphrase, async (parts) => {
    await enrolOther(parts, 'Mo Adeyemi', moWords, ['security']);
    await stopStation(parts, 'security-incident');
  });
  const seconds = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      clock.advance(1000);
      await app.tick();
    }
  };
  await seconds(5);
  await running.surface('lock');
  const poster = async (): Promise<string> => (await running!.page.textContent('.poster')) ?? '';
  await until(async () => (await poster()).includes('Nobody unlocks here now.'), 'the lockdown');
  for (const words of ['Stopped', 'M. U.', 'Reason: security incident.', 'stopped for everyone', 'Programs run on']) expect(await poster()).toContain(words);
  expect(await running.page.locator('input').count()).toBe(0);
  // Keys and Return lead nowhere.
  await running.page.keyboard.type('mara\n');
  expect(app.surface).toBe('lock');

  await asAdmin(home, 1, moWords, (parts) => liftStop(parts, undefined));
  await seconds(5);
  await until(async () => (await running!.page.locator('#who').count()) === 1, 'the question who it is');
  expect(await poster()).not.toContain('stopped');
});
