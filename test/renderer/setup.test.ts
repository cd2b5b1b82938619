import { bullets } from '../../renderer/shared/secret-text.ts';
import { expect, test } from 'vitest';
import { randomBytes } from 'node:crypto';
import { rpId } from '../../main/host.ts';
import { brings } from '../support/brings.ts';
import { axeViolations, until, type FakeCore, type Opened } from './harness.ts';
import { pagesOfTests } from './pages.ts';
import { setupTo } from './shots.ts';

const pages = pagesOfTests();
let opened: Opened;
const secret = 'gravel kettle ostrich violin';

async function start(prepare: (core: FakeCore) => void = () => {}): Promise<Opened> {
  opened = await pages.open('setup', {}, prepare);
  await opened.page.waitForSelector('#name');
  return opened;
}

/** A security key that checks its owner. The core's part of the ceremonies is answered here; src/people tests the real one. */
async function authenticator(hasPrf: boolean): Promise<void> {
  const cdp = await opened.cdp();
  await cdp.send('WebAuthn.enable');
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'usb',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf,
    },
  });
  const challenge = (): string => randomBytes(32).toString('base64url');
  const salt = randomBytes(32).toString('base64url');
  let credential = '';
  opened.core.vault = {
    enrolOptions: async () => ({
      options: {
        challenge: challenge(),
        rp: { id: rpId, name: 'Wardmux' },
        user: { id: randomBytes(16).toString('base64url'), name: 'Mariko Ueda', displayName: 'Mariko Ueda' },
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
    enrolVerify: async ({ response }) => {
      credential = String(response['id']);
      return {
        options: {
          challenge: challenge(),
          rpId,
          allowCredentials: [{ type: 'public-key', id: credential }],
          userVerification: 'required',
          extensions: { prf: { eval: { first: salt } } },
        },
      };
    },
    enrolProve: async ({ response }) => {
      expect(response['id']).toBe(credential);
      return { change: 'passkey', slot: 's-1', slots: '', after: 1, byKey: '', signature: '' };
    },
  };
}

test('a minute at most: name, passphrase, audit key, no passkey, ready, all by keyboard', async () => {
  const { page, core } = await start();
  await page.keyboard.type('Mariko Ueda');
  // What stands there is a ward; another kind of place is some keys of the arrows away, and Return goes on from there too.
  expect(await axeViolations(opened)).toEqual([]);
  expect(await page.isChecked('input[value="nursing"]')).toBe(true);
  for (const key of ['Tab', 'ArrowDown', 'ArrowDown']) await page.keyboard.press(key);
  expect(await page.isChecked('input[value="it-office"]')).toBe(true);
  await brings(() => page.keyboard.press('Enter'), page.locator('#passphrase'));
  expect(await axeViolations(opened)).toEqual([]);
  await page.keyboard.type(secret);
  await page.keyboard.press('Enter');
  await page.keyboard.type(secret);
  await brings(() => page.keyboard.press('Enter'), page.locator('#audit'));
  expect(await page.inputValue('#audit')).toBe('/home/mueda/wardmux-audit-key.json');
  expect(await axeViolations(opened)).toEqual([]);
  await brings(() => page.keyboard.press('Enter'), page.locator('[data-step="4"]'));
  const create = core.requests.find(({ request }) => request === 'setup.create');
  expect(create?.input).toEqual({
    name: 'Mariko Ueda',
    workstationClass: 'it-office',
    auditKeyPath: '/home/mueda/wardmux-audit-key.json',
    replaceInstallation: false,
  });
  const [frame] = core.frames;
  expect(frame?.frame.type === 'passphrase' && Buffer.from(frame.frame.bytes).toString()).toBe(secret);
  expect(await page.textContent('.saved')).toContain('Move this file off the machine');
  expect(await axeViolations(opened)).toEqual([]);
  await page.keyboard.press('Tab');
  await brings(() => page.keyboard.press('Enter'), page.locator('[data-step="5"]'));
  expect(await page.textContent('.checks')).toContain('none: the passphrase is the only way in');
  // What has still to be moved off the machine has no tick.
  expect(await page.locator('.checks li', { hasText: 'move it today' }).locator('[data-m]').getAttribute('data-m')).toBe('warn');
  expect(await page.textContent('.checks')).toContain('IT office, the desk of one person');
  expect(await axeViolations(opened)).toEqual([]);
  await page.keyboard.press('Enter');
  await until(() => core.requests.some(({ request }) => request === 'setup.finish'), 'the end');
  expect(JSON.stringify(core.requests)).not.toContain('gravel');
});

test('whoever types on after Return types into the second field, also while the word lists load', async () => {
  const { page } = await start();
  await page.keyboard.type('Mariko Ueda');
  await brings(() => page.keyboard.press('Enter'), page.locator('#passphrase'));
  // In one turn of the page, in which nothing that is waited for can come.
  const focused = await page.evaluate<string>(`(() => {
    document.querySelector('#passphrase').focus();
    document.execCommand('insertText', false, ${JSON.stringify(secret)});
    document.querySelector('#passphrase').form.requestSubmit();
    return document.activeElement.id;
  })()`);
  expect(focused).toBe('again');
  await page.keyboard.type(secret);
  await brings(() => page.keyboard.press('Enter'), page.locator('#audit'));
});

test('Tab from a passphrase leads to the next field and on to Next, never to what shows it', async () => {
  const { page } = await start();
  const kinds = (): Promise<(string | null)[]> => Promise.all(['#passphrase', '#again'].map((field) => page.getAttribute(field, 'type')));
  await page.keyboard.type('Mariko Ueda');
  await brings(() => page.keyboard.press('Enter'), page.locator('#passphrase'));
  await page.keyboard.type(secret);
  await page.keyboard.press('Tab');
  await page.keyboard.type(secret);
  expect(await page.inputValue('#again')).toBe(bullets(secret));
  expect(await kinds()).toEqual(['password', 'password']);
  const order: string[] = [];
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press('Tab');
    order.push(await page.evaluate<string>(`document.activeElement.querySelector('span')?.textContent ?? document.activeElement.textContent`));
  }
  expect(order).toEqual(['Next', 'Back', 'Show']);
  await page.keyboard.type('kettle');
  expect(await kinds()).toEqual(['password', 'password']);
  await page.keyboard.press('Space');
  expect(await kinds()).toEqual(['text', 'text']);
  expect(await axeViolations(opened)).toEqual([]);
});

test('errors stand at the field, and the field has the focus', async () => {
  const { page, core } = await start();
  await page.keyboard.press('Enter');
  expect(await page.textContent('#name-error')).toContain('Write the name');
  await page.keyboard.type('Mariko Ueda');
  await page.keyboard.press('Enter');
  await page.keyboard.type('passwordpassword');
  // Judging loads its word lists first.
  await brings(() => page.keyboard.press('Enter'), page.locator('#passphrase-error:not(:empty)'));
  expect(await page.evaluate('document.activeElement.id')).toBe('passphrase');
  await page.fill('#passphrase', secret);
  await page.keyboard.press('Enter');
  await page.keyboard.type('something else');
  await brings(() => page.keyboard.press('Enter'), page.locator('#again-error', { hasText: 'not the same' }));
  await page.keyboard.type(secret);
  await brings(() => page.keyboard.press('Enter'), page.locator('#audit'));
  core.vault = { createPerson: () => Promise.reject(new Error('no')) };
  await page.keyboard.press('Enter');
  await until(async () => (await page.textContent('#audit-error')) !== '', 'the refusal');
  core.refused.length = 0;
  // The passphrase is still there for a second try.
  core.vault = {};
  await brings(() => page.keyboard.press('Enter'), page.locator('[data-step="4"]'));
  expect(core.frames.map(({ frame }) => (frame.type === 'passphrase' ? Buffer.from(frame.bytes).toString() : ''))).toEqual([secret, secret]);
});

test('what this window cannot do with passkeys is said before one is touched, and only where there is something', async () => {
  const limit = 'In this window a security key that asks for a PIN does not work.';
  await start((core) => void (core.passkeyLimit = limit));
  await setupTo(opened, 4);
  expect(await opened.page.textContent('main')).toContain(limit);
  expect(await axeViolations(opened)).toEqual([]);
});

test('a passkey is taken only when it gives the same secret twice', async () => {
  const { page, core } = await start();
  await setupTo(opened, 4);
  await authenticator(true);
  await brings(() => page.keyboard.press('Enter'), page.locator('text=sealed with that secret').first());
  const prf = core.frames.flatMap(({ frame }) => (frame.type === 'prf' ? [Buffer.from(frame.bytes)] : []));
  expect(prf).toHaveLength(2);
  expect(prf[0]).toHaveLength(32);
  expect(prf[0]!.equals(prf[1]!)).toBe(true);
  expect(JSON.stringify(core.requests)).not.toContain(prf[0]!.toString('base64url'));
  expect(await page.textContent('.firstrun__t')).toContain('not tested');
  expect(await axeViolations(opened)).toEqual([]);
  await brings(() => page.click('text=Next'), page.locator('[data-step="5"]'));
  expect(await page.textContent('.checks')).toContain('proven twice');
});

test('a passkey without PRF is refused in a sentence, and nothing is sent', async () => {
  const { page, core } = await start();
  await setupTo(opened, 4);
  await authenticator(false);
  await brings(() => page.keyboard.press('Enter'), page.locator('text=no PRF').first());
  expect(core.frames.some(({ frame }) => frame.type === 'prf')).toBe(false);
  expect(core.requests.some(({ request }) => request === 'setup.passkeyProve')).toBe(false);
  await brings(() => page.click('text=Skip the passkey'), page.locator('[data-step="5"]'));
});
