/**
 * Two factors where the policy asks for them, by real ceremonies: a passphrase with a key that is touched opens, and neither opens alone; who has
 * one factor comes in to enrol another and for nothing else; a command is told why it is refused.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { brings } from '../support/brings.ts';
import { authenticator, entered, firstRun, paneText, passphrase, prompt, start, until, wardmux, type Entered, type Running } from './support.ts';

const both = 'violin harbour seven lanterns moss';
let running: Running;
afterEach(async () => {
  await running.stop();
  running.remove();
});

const events = (action: string): Entered[] => entered(running, action);
const unlocks = (): Entered[] => events('unlock').filter(({ detail }) => detail?.['again'] !== true);
interface Slot {
  readonly id: string;
  readonly type: string;
}
const slots = (): Slot[] => {
  const name = readdirSync(join(running.home, 'people')).find((file) => /^p-[0-9a-f]+\.json$/.test(file))!;
  return (JSON.parse(readFileSync(join(running.home, 'people', name), 'utf8')) as { slots: Slot[] }).slots;
};

const band = () => running.page.getByRole('dialog', { name: 'Key slots' });
const button = (name: string | RegExp) => band().getByRole('button', { name });
const says = (words: string): Promise<void> =>
  until(async () => (await band().innerText()).includes(words), `"${words}" in the band`).catch(async (error: unknown) => {
    throw new Error(`${String(error)}; it says: ${await band().innerText()}`);
  });
const alerts = async (): Promise<string> => (await running.page.locator('[role=alert]').allInnerTexts()).join(' ');
const byBoth = () => running.page.getByRole('button', { name: /^Unlock with passphrase and key/ });

async function openBand(): Promise<void> {
  const { page } = running;
  const only = page.locator('.stage').getByRole('button', { name: /^Key slots/ });
  // Who may open shells has a command; who may not has a page with what there is for them.
  if (await only.isVisible()) await brings(() => only.click(), band());
  else {
    await page.keyboard.press('Control+b');
    await page.keyboard.type(':key-slots');
    await brings(() => page.keyboard.press('Enter'), band());
  }
  await says('made');
}

/** Asks for a slot of the key with a passphrase of its own. */
async function tryBoth(): Promise<void> {
  const { page } = running;
  await openBand();
  await band().locator('#confirm').fill(passphrase);
  await page.keyboard.press('Enter');
  await button(/^Passphrase and key/).click();
  await band().locator('#slot-name').fill('Key ring');
  await band().locator('#passphrase').fill(both);
  await band().locator('#again').fill(both);
  await band().locator('#again').press('Enter');
}
async function enrolBoth(): Promise<void> {
  await tryBoth();
  await says('Passphrase and key were proven');
  await button(/^Close/).click();
}

/** At the lock page: types this, and has the key touched. */
async function withKey(words: string): Promise<void> {
  const { page } = running;
  await byBoth().waitFor();
  await page.bringToFront();
  await page.locator('input[type=password]').fill(words);
  await byBoth().click();
}

const lock = async (): Promise<void> => {
  await running.app.lock('hotkey');
  await running.surface('lock');
};

test('a key opens with its passphrase; the passphrase alone, and the key alone, open nothing', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  // A key that cannot ask its owner gives no secret in this browser (Chromium 150's virtual ones do not): it is not taken, and the passphrase stays.
  const touchOnly = await authenticator(running.page, true, false, 'usb');
  await tryBoth();
  await says('gives no secret');
  expect(slots().map(({ type }) => type)).toEqual(['passphrase']);
  await button(/^Cancel/).click();
  await button(/^Close/).click();
  await touchOnly.session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: touchOnly.id });
  const { session, id } = await authenticator(running.page, true);
  await enrolBoth();
  expect(slots().map(({ type }) => type)).toEqual(['passphrase-key']);
  const [slot] = slots();
  expect(events('person.keys').at(-1)!.detail).toMatchObject({ change: 'passphrase-key', slot: slot!.id, model: expect.stringMatching(/^[0-9a-f-]{36}$/) });

  await lock();
  await withKey('another one that is long enough');
  await until(async () => (await alerts()).includes('did not open'), 'the refusal of the passphrase');
  expect(unlocks().at(-1)).toMatchObject({ outcome: 'failure', detail: { method: 'passphrase-key', reason: 'wrong-passphrase' } });
  expect(running.app.surface).toBe('lock');
  await withKey(both);
  await running.surface('workspace');
  await prompt(running);
  expect(unlocks().at(-1)).toMatchObject({ outcome: 'success', aal: 2, credential: slot!.id, detail: { method: 'passphrase-key', uv: true } });

  // Without the key nothing is asked of the core. A command has the passphrase alone, and that fits no slot.
  await lock();
  await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id });
  await authenticator(running.page, true);
  await withKey(both);
  await until(async () => (await alerts()).includes('not used'), 'the sentence that no key was used');
  expect(running.app.surface).toBe('lock');
  for (const words of [passphrase, both]) {
    const codes = await wardmux(['person', 'slots', '--codes', '--passphrase-fd', '3'], { home: running.home, passphrase: words });
    expect(codes).toMatchObject({ status: 4, stdout: '' });
  }
});

test('under a policy of two factors: one leads to the key slots alone, two to the panes; a command is told where to go', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  const policy = JSON.parse(readFileSync(join(running.home, 'policy.json'), 'utf8')) as { unlock: object };
  const stricter = join(running.folder, 'two.json');
  writeFileSync(stricter, JSON.stringify({ ...policy, unlock: { ...policy.unlock, factors: 2 } }));
  const applied = await wardmux(['policy', 'apply', stricter, '--passphrase-fd', '3'], { home: running.home, passphrase });
  expect(applied, applied.stderr).toMatchObject({ status: 0 });

  // One factor, and no second one yet: in, with nothing but the key slots.
  await lock();
  const field = running.page.locator('input[type=password]');
  await field.fill(passphrase);
  await running.page.keyboard.press('Enter');
  await running.surface('workspace');
  await until(async () => (await running.page.innerText('body')).includes('asks for two factors'), 'the sentence about it');
  await running.page
    .locator('.stage')
    .getByRole('button', { name: /^Key slots/ })
    .waitFor();
  expect(await paneText(running)).toBe('');

  // A command of theirs that opens what is sealed is refused before the passphrase is tried; one that decides is not.
  const codes = await wardmux(['person', 'slots', '--codes', '--passphrase-fd', '3'], { home: running.home, passphrase });
  expect(codes).toMatchObject({ status: 4, stderr: expect.stringMatching(/asks for two factors.*in the window/s) });
  expect(unlocks().at(-1)).toMatchObject({ outcome: 'failure', detail: { method: 'passphrase', reason: 'two-factors' } });

  await authenticator(running.page, true);
  await enrolBoth();
  await lock();
  await withKey(both);
  await running.surface('workspace');
  await prompt(running);
  expect(unlocks().at(-1)).toMatchObject({ outcome: 'success', aal: 2, detail: { method: 'passphrase-key' } });
  expect(await running.page.innerText('body')).not.toContain('you came in with one');
});
