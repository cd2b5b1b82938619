/**
 * The canary in the states in which somebody is neither in nor logged off: under the covered page at which somebody else stands, on a stopped station, and
 * parked while another one breaks the glass, is warned or is held back, and while nothing can be entered. What they saw is in no process of the app, and what
 * the other one sees is found, so the scanner can see.
 */
import { closeSync, existsSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tryLock } from '../../src/native/addon.ts';
import { liftStop, stopStation } from '../../src/services/emergency/stop.ts';
import type { Role } from '../../src/types/words.ts';
import { brings } from '../support/brings.ts';
import { ownProcesses, scanInTurns } from '../support/memory-scan.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { initialise } from './initialised.ts';
import { entered, paneText, passphrase, prompt, start, unlockWithPassphrase, until, type Running } from './support.ts';

const otherWords = 'marble canyon drizzle hammock violet';
const newWords = 'violin harbour seven lanterns moss';
const [maras, others] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
/** For memory that is given back behind what we can see: no time is promised here, and whatever stays is found at its end. */
const GONE_MS = 60_000;
/** Some gigabytes of memory are read in each. */
const TEST_MS = 180_000;
let running: Running | undefined;

beforeEach(({ skip }) => {
  skip(process.platform === 'linux' && process.getuid?.() !== 0, 'only root may read the memory of our processes (test/e2e/processes.test.ts)');
});
afterEach(async () => {
  await running?.stop();
  running?.remove();
  running = undefined;
});

/** Where the words are found. Main is this process here, which knows them, and goes on while they are looked for. */
async function where<Name extends string>(words: Readonly<Record<Name, string>>): Promise<Readonly<Record<Name, string[]>>> {
  const { app, host } = running!;
  const roots = [app.processes.pty, app.processes.vault, host.browserPid].flatMap((pid) => pid ?? []);
  const { found, scanned } = await scanInTurns([...new Set(roots.flatMap(ownProcesses))], words);
  expect(scanned.length).toBeGreaterThanOrEqual(roots.length);
  return found;
}
/** @param words what is to be in no process @param seen what is to be found meanwhile */
async function gone(when: string, words: Readonly<Record<string, string>>, seen?: string): Promise<void> {
  let found: Readonly<Record<string, string[]>> = {};
  const look = async (): Promise<boolean> => {
    found = await where<string>({ ...words, ...(seen === undefined ? {} : { seen }) });
    if (seen !== undefined) expect(found['seen']).not.toEqual([]);
    return Object.keys(words).every((name) => found[name]?.length === 0);
  };
  await until(look, `nothing to be left ${when}`, GONE_MS).catch((error: unknown) => {
    throw new Error(`${String(error)}; found: ${JSON.stringify(found)}`);
  });
}

/** Mara is in, with her word on the screen; somebody else is enrolled. */
async function withWord(name: string, roles: readonly Role[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  initialise(folder);
  writeFileSync(join(folder, 'maras'), `${maras}\n`.repeat(200));
  writeFileSync(join(folder, 'others'), `${others}\n`.repeat(200));
  running = await start({ folder });
  // At the lock: it takes this process seconds, in which main, which is this process too, renews nothing; who is in would be locked out by that.
  await asAdmin(running, 0, passphrase, (parts) => enrolOther(parts, name, otherWords, roles));
  await unlockWithPassphrase(running);
  await show('maras');
  await until(async () => (await where({ maras })).maras.length > 0, 'her word to be found while she is in', GONE_MS);
}

/** By a file, and not by what the pane shows: that would go through the browser on its way to the test, and lie there. */
async function show(name: 'maras' | 'others'): Promise<void> {
  const { folder, page } = running!;
  const shown = join(folder, `${name}-shown`);
  await page.keyboard.type(`cat ${folder}/${name}; echo end-${name}; touch ${shown}\n`);
  await until(() => existsSync(shown), `${name} to be printed`);
}

test(
  'under a covered page, at which somebody new and a second one stand: nothing of her who is in, and it is there again when she is back',
  { timeout: TEST_MS },
  async () => {
    await withWord('Kim Olsen', ['operator', 'security']);
    const { page } = running!;
    const heading = (name: RegExp): Promise<void> => running!.page.getByRole('heading', { name, level: 1 }).waitFor();
    await page.keyboard.press('Control+b');
    await page.keyboard.type(':people');
    await page.keyboard.press('Enter');
    const band = page.getByRole('dialog', { name: 'People' });
    await band.getByRole('button', { name: /^Enrol somebody/ }).waitFor();
    await page.keyboard.press('e');
    await page.locator('#person-name').fill('Jo Varga');
    await page.keyboard.press('Enter');
    await running!.surface('guest');
    await heading(/^Jo Varga, choose a passphrase/);
    await gone('under the page of who is enrolled', { maras });
    await running!.page.locator('#passphrase').fill(newWords);
    await running!.page.locator('#again').fill(newWords);
    await running!.page.keyboard.press('Enter');
    await heading(/^A second person decides/);
    await gone('under the page of the second one', { maras });
    await running!.page.locator('#agree-id').fill('Kim Olsen');
    await running!.page.locator('#agree').fill(otherWords);
    await running!.page.keyboard.press('Enter');
    await heading(/^The keyboard goes back to/);
    await running!.page.locator('#prove').fill(passphrase);
    await running!.page.keyboard.press('Enter');
    await running!.surface('workspace');
    await until(async () => (await paneText(running!)).includes('end-maras'), 'her screen again');
  },
);

test('on a stopped station, and after the stop is lifted: nothing of who was in', { timeout: TEST_MS }, async () => {
  await withWord('Mo Adeyemi', ['security']);
  const { app, clock, home } = running!;
  /** The app looks at the ledger every five seconds of its time. */
  const look = async (): Promise<void> => {
    for (let n = 0; n < 5; n++) {
      clock.advance(1000);
      await app.tick();
    }
  };
  const poster = async (): Promise<string> => (await running!.page.textContent('.poster')) ?? '';
  await asAdmin(home, 1, otherWords, (parts) => stopStation(parts, 'drill'));
  await look();
  await running!.surface('lock');
  await until(async () => (await poster()).includes('Reason: a drill.'), 'the lockdown');
  await gone('on a stopped station', { maras });
  await asAdmin(home, 0, passphrase, (parts) => liftStop(parts, undefined));
  await look();
  await until(async () => (await running!.page.locator('#who').count()) === 1, 'the question who it is');
  await gone('after the stop was lifted', { maras });
});

test('while another one breaks the glass: nothing of who is parked, and what the other one saw goes with the emergency', { timeout: TEST_MS }, async () => {
  await withWord('Envelope Ward 7', ['emergency']);
  await running!.app.lock('hotkey');
  await running!.surface('lock');
  await running!.page.locator('#who').waitFor();
  const { keyboard } = running!.page;
  await brings(() => keyboard.press('Control+g'), running!.page.locator('.glassform'));
  await keyboard.press('2');
  await running!.page.locator('#glass-who').fill('Envelope Ward 7');
  await running!.page.locator('#glass-secret').fill(otherWords);
  await keyboard.press('Enter');
  await running!.surface('workspace');
  await prompt(running!);
  await show('others');
  await gone('in an emergency of somebody else', { maras }, others);
  await running!.page.getByRole('button', { name: /^End now/ }).click();
  await running!.surface('lock');
  await gone('after the emergency', { maras, others });
});

test(
  'while the other one works and the ledger takes nothing; locked like that; while the other one is warned, and held back after failures: nothing of who is not in',
  { timeout: 2 * TEST_MS },
  async () => {
    await withWord('Jo Varga', ['operator']);
    const { app, clock, home } = running!;
    const give = async (words: string): Promise<void> => {
      await running!.page.locator('input[type=password]').fill(words);
      await running!.page.keyboard.press('Enter');
    };
    const asJo = async (): Promise<void> => {
      await running!.surface('lock');
      await running!.page.locator('#who').fill('Jo Varga');
      await brings(() => running!.page.keyboard.press('Enter'), running!.page.locator('input[type=password]'));
    };
    const joComesIn = async (): Promise<void> => {
      await asJo();
      await give(otherWords);
      await running!.surface('workspace');
      await prompt(running!);
    };
    await app.lock('hotkey');
    await joComesIn();
    await show('others');

    // As any program of the account can: it takes the lock of the ledger, and keeps it.
    const held = openSync(join(home, 'ledger', 'lock'), 'r+');
    await until(() => tryLock(held), 'the lock of the ledger');
    await running!.page.keyboard.press('Control+b');
    await brings(() => running!.page.keyboard.press('c'), running!.page.getByText('The ledger is held by another process').first());
    await gone('while the ledger takes nothing', { maras }, others);
    const locked = app.lock('hotkey');
    await running!.surface('lock');
    await gone('locked while the ledger takes nothing', { maras, others });
    closeSync(held);
    await locked;

    await joComesIn();
    await until(async () => (await where({ others })).others.length > 0, 'what Jo sees', GONE_MS);
    const warning = running!.page.getByRole('alertdialog');
    for (let second = 0; (await warning.count()) === 0; second += 5) {
      expect(second).toBeLessThan(600);
      clock.advance(5000);
      await app.tick();
    }
    await gone('while Jo is warned', { maras }, others);

    await app.lock('idle');
    await asJo();
    const failures = (): number => entered(running!, 'unlock').filter(({ outcome }) => outcome === 'failure').length;
    for (const failed of [1, 2, 3, 4, 5]) {
      await running!.page.locator('button.btn--main:not([disabled])').waitFor();
      await give(newWords);
      await until(() => failures() === failed, `failure ${failed}`);
    }
    await running!.page.getByRole('timer').waitFor();
    await gone('held back', { maras, others });
  },
);
