/** Key slots in the real window: shown, and changed after a fresh proof; what was changed opens after the next lock, and nothing else. */
import { afterEach, expect, test } from 'vitest';
import { brings } from '../support/brings.ts';
import { authenticator, entered, firstRun, passphrase, passphraseField, pressPasskey, prompt, start, until, type Entered, type Running } from './support.ts';

const next = 'violin harbour seven lanterns moss';
let running: Running;
afterEach(async () => {
  await running.stop();
  running.remove();
});

const events = (action: string): Entered[] => entered(running, action);
const changes = (): unknown[] => events('person.keys').flatMap(({ detail }) => detail?.['change'] ?? []);

const band = () => running.page.getByRole('dialog', { name: 'Key slots' });
const button = (name: string | RegExp) => band().getByRole('button', { name });
const says = (words: string): Promise<void> => until(async () => (await band().innerText()).includes(words), `"${words}" in the band`);

async function openBand(): Promise<void> {
  const { page } = running;
  await page.keyboard.press('Control+b');
  await page.keyboard.type(':key-slots');
  await brings(() => page.keyboard.press('Enter'), band());
  await says('made');
}
async function confirm(words: string): Promise<void> {
  await band().locator('#confirm').fill(words);
  await running.page.keyboard.press('Enter');
}
async function unlock(words: string): Promise<void> {
  const field = await passphraseField(running);
  await field.fill(words);
  await running.page.keyboard.press('Enter');
}

test('a new passphrase, after the old one was given: the lock then opens with the new one alone', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  await openBand();
  expect(await band().innerText()).toMatch(/No passkey is enrolled/);
  expect(await button(/^New passphrase/).count()).toBe(0);
  expect(await button(/^Remove/).count()).toBe(0);
  await confirm('not the passphrase of anybody');
  await says('did not open');
  expect(events('unlock').at(-1)).toMatchObject({ outcome: 'failure', detail: { method: 'passphrase', reason: 'wrong-passphrase', again: true } });
  await confirm(passphrase);
  await button(/^New passphrase/).click();
  await band().locator('#passphrase').fill('short');
  await running.page.keyboard.press('Enter');
  await says('15 characters');
  await band().locator('#passphrase').fill(next);
  await band().locator('#again').fill(next);
  await running.page.keyboard.press('Enter');
  await says('opens your recordings from now on');
  expect(changes()).toEqual(['passphrase']);
  await button(/^Close/).click();
  await prompt(running);

  await running.app.lock('hotkey');
  await running.surface('lock');
  await unlock(passphrase);
  await until(async () => (await running.page.locator('[role=alert]').allInnerTexts()).join(' ').includes('did not open'), 'the refusal');
  await unlock(next);
  await running.surface('workspace');
  await prompt(running);
});

test('passkeys later: added, tried, named, used as the proof, and taken away', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  await authenticator(running.page, true);
  await openBand();
  await confirm(passphrase);
  await button(/^Add a passkey/).click();
  await band().locator('#slot-name').fill('Key ring');
  await running.page.keyboard.press('Enter');
  await says('The passkey was proven');
  expect(changes()).toEqual(['passkey']);
  expect(await band().innerText()).toMatch(/One passkey is enrolled/);
  const slot = events('person.keys').at(-1)!.detail!['slot'];

  await button('Try: Key ring').click();
  await says('Key ring opens your recordings');
  expect(events('unlock').at(-1)).toMatchObject({ outcome: 'success', aal: 2, credential: slot, detail: { method: 'passkey', again: true } });
  await button('Name: Key ring').click();
  await band().locator('#slot-name').fill('Safe, second floor');
  await running.page.keyboard.press('Enter');
  await says('Safe, second floor');
  expect(changes()).toEqual(['passkey', 'name']);

  // After a lock the passkey opens, and is the proof for what follows.
  await button(/^Close/).click();
  await running.app.lock('hotkey');
  await running.surface('lock');
  await pressPasskey(running);
  await running.surface('workspace');
  await prompt(running);
  await openBand();
  await button('Use a passkey').click();
  await button('Remove: passphrase').click();
  await button(/^Cancel/).click();
  await button('Remove: Safe, second floor').click();
  await button(/^Remove$/).click();
  await says('It opens nothing any more');
  expect(changes()).toEqual(['passkey', 'name', 'removed']);
  await button('Remove: passphrase').click();
  await button(/^Remove$/).click();
  await says('last key slot');
  expect(changes()).toHaveLength(3);
});
