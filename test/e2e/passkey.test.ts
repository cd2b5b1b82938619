/**
 * Passkeys by the real ceremony, with virtual authenticators: one that has PRF opens; one that lacks it is not taken; one
 * that does not hold the key, or holds another one under its name, opens nothing. The passphrase is always a way in.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  authenticator,
  entered,
  firstRun,
  firstSteps,
  pressPasskey,
  prompt,
  run,
  start,
  unlockWithPassphrase,
  until,
  type Entered,
  type Running,
} from './support.ts';

let running: Running;
afterEach(async () => {
  await running.stop();
  running.remove();
});

const refusals = (): Entered[] => entered(running, 'unlock').filter(({ outcome }) => outcome === 'failure');
const slots = (): string[] => {
  const name = readdirSync(join(running.home, 'people')).find((file) => /^p-[0-9a-f]+\.json$/.test(file))!;
  return (JSON.parse(readFileSync(join(running.home, 'people', name), 'utf8')) as { slots: { type: string }[] }).slots.map(({ type }) => type);
};
const alerts = async (): Promise<string> => (await running.page.locator('[role=alert]').allInnerTexts()).join(' ');
const unlockButton = () => running.page.getByRole('button', { name: /^Unlock with passkey/ });

test('with PRF: enrolled, and it opens after a lock', async () => {
  running = await start();
  await authenticator(running.page, true);
  await firstRun(running, { passkey: true });
  expect(slots()).toEqual(['passphrase', 'passkey-prf']);
  await run(running, 'echo before-$((20+1))', 'before-21');
  await running.app.lock('hotkey');
  await running.surface('lock');
  await pressPasskey(running);
  await running.surface('workspace');
  await prompt(running);
  await run(running, 'echo after-$((20+2))', 'after-22');
  expect(entered(running, 'unlock')).toContainEqual(expect.objectContaining({ outcome: 'success', detail: expect.objectContaining({ method: 'passkey' }) }));
});

test('without PRF: refused with a sentence, nothing is enrolled, the first run goes on with the passphrase alone', async () => {
  running = await start();
  const { page } = running;
  const { session, id } = await authenticator(page, false);
  await firstSteps(running);
  await page.getByRole('button', { name: /^Enrol a passkey/ }).click();
  await until(async () => (await alerts()).includes('PRF'), 'the sentence about PRF');
  expect(await alerts()).toContain('passphrase');
  expect(slots()).toEqual(['passphrase']);
  // One event, of the enrolment: every change of a slot is another.
  expect(entered(running, 'person.keys')).toHaveLength(1);
  // The same again: nothing piles up, and nothing is taken the second time.
  await page.evaluate(`{
    globalThis.asked = 0;
    const create = navigator.credentials.create.bind(navigator.credentials);
    navigator.credentials.create = (options) => create(options).finally(() => globalThis.asked++);
  }`);
  const again = page.locator('button.btn--main');
  await again.click();
  // The sentence of the first time stands there until the second one is begun.
  await until(() => page.evaluate<boolean>('globalThis.asked === 1'), 'the second ceremony');
  await until(async () => !(await again.isDisabled()) && (await alerts()).includes('PRF'), 'the sentence again');
  expect(slots()).toEqual(['passphrase']);
  await page.getByRole('button', { name: /^Skip/ }).click();
  await page.getByRole('button', { name: /^Open Wardmux/ }).click();
  await running.surface('workspace');
  await prompt(running);

  await running.app.lock('hotkey');
  await running.surface('lock');
  await running.page.locator('input[type=password]').waitFor();
  expect(await running.page.getByRole('button', { name: /passkey/i }).count()).toBe(0);
  await unlockWithPassphrase(running);
  await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id });
});

test('an authenticator that does not hold the passkey opens nothing, is an event, and costs nothing; the passphrase opens', async () => {
  running = await start();
  const { session, id } = await authenticator(running.page, true);
  await firstRun(running, { passkey: true });
  await running.app.lock('hotkey');
  await running.surface('lock');
  await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id });
  await authenticator(running.page, true);
  await pressPasskey(running);
  await until(async () => (await alerts()).includes('not used'), 'the sentence that it was not used');
  expect(running.app.surface).toBe('lock');
  // The browser gave nothing to the core, so nothing is counted; what the page tells of it is in the ledger.
  await until(() => refusals().length === 1, 'the event');
  expect(refusals()[0]?.detail).toEqual({ method: 'passkey', reason: 'passkey-not-used' });
  expect(await alerts()).not.toContain('tries');
  await unlockWithPassphrase(running);
});

test('another key under the same name gives no secret: it opens nothing, and the passphrase opens', async () => {
  running = await start();
  const { session, id } = await authenticator(running.page, true);
  await firstRun(running, { passkey: true });
  await running.app.lock('hotkey');
  await running.surface('lock');
  const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId: id });
  expect(credentials).toHaveLength(1);
  await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: id });
  const forged = await authenticator(running.page, true);
  const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  await forged.session.send('WebAuthn.addCredential', { authenticatorId: forged.id, credential: { ...credentials[0]!, privateKey, signCount: 100 } });
  await pressPasskey(running);
  await until(async () => (await alerts()).includes('no secret'), 'the sentence about it');
  await until(() => refusals().length === 1, 'the event');
  expect(refusals()[0]?.detail).toEqual({ method: 'passkey', reason: 'passkey-no-secret' });
  expect(running.app.surface).toBe('lock');
  await unlockWithPassphrase(running);
});

test('an answer whose signature does not hold, with the right secret: refused, an event, and the passphrase opens', async () => {
  running = await start();
  await authenticator(running.page, true);
  await firstRun(running, { passkey: true });
  await running.app.lock('hotkey');
  await running.surface('lock');
  await unlockButton().waitFor();
  // What stands between the authenticator and the page changes one bit of the signature.
  await running.page.evaluate(`{
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = async (options) => {
      const credential = await get(options);
      new Uint8Array(credential.response.signature)[20] ^= 1;
      return credential;
    };
  }`);
  await pressPasskey(running);
  await until(() => refusals().length === 1, 'the refusal in the ledger');
  expect(refusals()[0]).toMatchObject({ detail: { method: 'passkey', reason: 'passkey-refused' } });
  await until(async () => (await alerts()).length > 0, 'a sentence about it');
  expect(running.app.surface).toBe('lock');
  await unlockWithPassphrase(running);
  await run(running, 'echo opened-$((20+3))', 'opened-23');
});
