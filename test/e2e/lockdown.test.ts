/** A stopped station in a real window: the lock comes by itself, says so, and no passphrase opens it; another security admin lifts it. */
import { mkdirSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { newScryptParameters } from '../../src/crypto/kdf.ts';
import { NOTHING_MORE, unlockWithPassphrase as openIdentity } from '../../src/people/person.ts';
import { readPinned } from '../../src/people/pinned.ts';
import { deciderOf } from '../../src/services/decide.ts';
import { openLedger } from '../../src/services/open-ledger.ts';
import { enrol, prepareEnrolment, type PeopleParts } from '../../src/services/people.ts';
import { liftStop, stopStation } from '../../src/services/stop.ts';
import { homePaths, requireInstallation } from '../../src/storage/index.ts';
import { firstRun, passphrase, start, until, type Running } from './support.ts';

const moWords = 'marble canyon drizzle hammock violet';
let running: Running | undefined;
afterEach(async () => {
  await running?.stop();
  running?.remove();
  running = undefined;
});

/** As a command does, while the app runs. */
async function asAdmin(folder: string, who: number, words: string, deed: (parts: PeopleParts) => Promise<unknown>): Promise<void> {
  const home = homePaths(folder);
  const installation = requireInstallation(home);
  const { ledger } = await openLedger(home, installation);
  const admin = await openIdentity(readPinned(home, ledger.facts, ledger.facts.people()[who]!), Buffer.from(words), NOTHING_MORE);
  try {
    await deed({ home, installation, ledger, admin: deciderOf(admin) });
  } finally {
    admin.destroy();
    await ledger.close();
  }
}

test('a stopped station is locked within seconds, names who and why, and opens to nobody until it is lifted', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  const { app, clock, home } = running;
  const mo = await prepareEnrolment({ name: 'Mo Adeyemi', passphrase: Buffer.from(moWords), kdf: newScryptParameters() });
  await asAdmin(home, 0, passphrase, async (parts) => {
    await enrol(parts, mo, ['security']);
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
  const shots = process.env['WARDMUX_SHOTS'];
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await running.page.screenshot({ path: `${shots}/lockdown.png` });
  }
  // Keys and Return lead nowhere.
  await running.page.keyboard.type('mara\n');
  expect(app.surface).toBe('lock');

  await asAdmin(home, 1, moWords, (parts) => liftStop(parts, undefined));
  await seconds(5);
  await until(async () => (await running!.page.locator('#who').count()) === 1, 'the question who it is');
  expect(await poster()).not.toContain('stopped');
});
