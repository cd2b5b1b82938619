/**
 * Assertions that real authenticators made and that are refused all the same: without user verification, at another origin, for another
 * relying party, for a challenge of before, once more, by a passkey that is not enrolled, with a counter that goes back. What stands between
 * the authenticator and the page hands them on, with the right secret where there is one, so that the core alone is left to say no.
 */
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authenticator, entered, firstRun, pressPasskey, prompt, start, until, type Entered, type Running } from './support.ts';

/** An assertion as it goes through the page, bytes in base64url. */
interface Answer {
  readonly id: string;
  readonly clientDataJSON: string;
  readonly authenticatorData: string;
  readonly signature: string;
  readonly userHandle: string | null;
  readonly prf: string | null;
}

const bytes = `
  const text = (buffer) => buffer ? btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') : null;
  const buffer = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0)).buffer;
  const plain = (credential) => credential && ({
    id: credential.id,
    clientDataJSON: text(credential.response.clientDataJSON),
    authenticatorData: text(credential.response.authenticatorData),
    signature: text(credential.response.signature),
    userHandle: text(credential.response.userHandle),
    prf: text(credential.getClientExtensionResults().prf?.results?.first),
  });`;

/** @param change of the options, before a real authenticator is asked; null: it is not asked. */
const between = (change: string | null): string => `{ ${bytes}
  const real = (globalThis.realGet ??= navigator.credentials.get.bind(navigator.credentials));
  navigator.credentials.get = async (options) => {
    const { publicKey } = options;
    const challenge = text(publicKey.challenge);
    ${change ?? ''}
    const credential = ${change === null ? 'null' : 'await real(options)'};
    const given = await new Promise((go) => Object.assign(globalThis, { seen: { challenge, answer: plain(credential) }, go }));
    if (!given) return credential;
    return {
      id: given.id, rawId: buffer(given.id), type: 'public-key', authenticatorAttachment: null,
      response: Object.fromEntries(['clientDataJSON', 'authenticatorData', 'signature', 'userHandle'].map((name) => [name, given[name] && buffer(given[name])])),
      getClientExtensionResults: () => ({ prf: { results: { first: buffer(given.prf) } } }),
    };
  };
}`;

let running: Running;
let elsewhere: Browser;
let device: Awaited<ReturnType<typeof authenticator>>;
beforeAll(async () => {
  elsewhere = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox'] });
  running = await start();
  device = await authenticator(running.page, true);
  await firstRun(running, { passkey: true });
});
afterAll(async () => {
  await running?.stop();
  running?.remove();
  await elsewhere?.close();
});

const refusals = (): Entered[] => entered(running, 'unlock').filter(({ outcome }) => outcome === 'failure');

const unlockButton = () => running.page.getByRole('button', { name: /^Unlock with passkey/ });
const alerts = async (): Promise<string> => (await running.page.locator('[role=alert]').allInnerTexts()).join(' ');
interface Seen {
  readonly challenge: string;
  readonly answer: Answer | null;
}

/** Locks, and puts us between authenticator and page. */
async function lock(change: string | null): Promise<void> {
  await running.app.lock('hotkey');
  await running.surface('lock');
  await unlockButton().waitFor();
  await running.page.evaluate(between(change));
}
/** Has the page ask. @returns what it asked, and what the authenticator said. */
async function ask(): Promise<Seen> {
  await running.page.evaluate('delete globalThis.seen');
  await pressPasskey(running);
  await until(() => running.page.evaluate<boolean>('globalThis.seen !== undefined'), 'the ceremony');
  return running.page.evaluate<Seen>('globalThis.seen');
}
const answer = (given: Answer | null): Promise<unknown> => running.page.evaluate(`globalThis.go(${JSON.stringify(given)}); 0`);

/** The answer is refused with this sentence, which is an event, and nothing opens. */
async function refused(given: Answer | null, sentence: RegExp): Promise<void> {
  const before = refusals().length;
  await answer(given);
  await until(() => refusals().length === before + 1, 'the refusal in the ledger');
  expect(refusals().at(-1)).toMatchObject({ detail: { method: 'passkey', reason: 'passkey-refused' } });
  await until(async () => sentence.test(await alerts()), `a sentence like ${sentence}`);
  expect(running.app.surface).toBe('lock');
}

/** The passkey opens as ever, and its failures are over. */
async function opens(): Promise<void> {
  await lock('');
  await ask();
  await answer(null);
  await running.surface('workspace');
  await prompt(running);
}

/** What the enrolled passkey gives for its slot. */
let secret: string | undefined;
const ours = 'https://wardmux.localhost/';
const evil = 'https://evil.wardmux.localhost/';

interface Elsewhere {
  readonly origin?: string;
  readonly rpId?: string;
  readonly signCount?: number;
  /** Whether the authenticator can ask who is there. */
  readonly verifies?: boolean;
  /** A passkey of its own, in place of a copy of ours. */
  readonly own?: true;
}

/** A real ceremony in another browser, with a copy of our key; the secret of ours is put to what it gives. */
async function elsewhereSigned(
  challenge: string,
  { origin = ours, rpId = 'wardmux.localhost', signCount = 1000, verifies = true, own }: Elsewhere = {},
): Promise<Answer> {
  const { credentials } = await device.session.send('WebAuthn.getCredentials', { authenticatorId: device.id });
  const page = await elsewhere.newPage();
  try {
    await page.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '<title>elsewhere</title>' }));
    await page.goto(origin);
    const there = await authenticator(page, true, verifies);
    const [credential] = credentials;
    if (!own) await there.session.send('WebAuthn.addCredential', { authenticatorId: there.id, credential: { ...credential!, rpId, signCount } });
    const found = await page.evaluate<Answer>(`(async () => { ${bytes}
      const made = ${own ? 'true' : 'false'} && await navigator.credentials.create({ publicKey: {
        challenge: new Uint8Array(32), rp: { id: 'wardmux.localhost', name: 'x' }, user: { id: new Uint8Array([7]), name: 'x', displayName: 'x' },
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }], authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      } });
      const id = made ? made.rawId : Uint8Array.from(atob(${JSON.stringify(credential!.credentialId)}), (char) => char.charCodeAt(0));
      return plain(await navigator.credentials.get({ publicKey: {
        challenge: buffer(${JSON.stringify(challenge)}), rpId: ${JSON.stringify(rpId)}, userVerification: ${verifies ? "'required'" : "'discouraged'"},
        allowCredentials: [{ type: 'public-key', id }],
      } }));
    })()`);
    return { ...found, prf: secret! };
  } finally {
    await page.close();
  }
}
const dataOf = ({ authenticatorData }: Answer): Buffer => Buffer.from(authenticatorData, 'base64url');
/** A question of the lock page, which goes to no authenticator. */
async function question(): Promise<string> {
  await lock(null);
  return (await ask()).challenge;
}

test('an assertion that opened is no good a second time, nor one for the challenge of before', async () => {
  await lock('');
  const first = await ask();
  expect(first.answer?.prf).toBeTruthy();
  secret = first.answer!.prf!;
  await answer(null);
  await running.surface('workspace');
  await prompt(running);
  await lock(null);
  const second = await ask();
  expect(second.challenge).not.toBe(first.challenge);
  await refused(first.answer, /challenge/i);
  await lock(`publicKey.challenge = buffer(${JSON.stringify(second.challenge)});`);
  await refused((await ask()).answer, /challenge/i);
  await opens();
});

test('without user verification: an authenticator has signed, and nobody was asked who they are', async () => {
  const given = await elsewhereSigned(await question(), { verifies: false });
  // Byte 32 of authenticator data: present, and not verified.
  expect(dataOf(given)[32]! & 0x05).toBe(0x01);
  await refused(given, /user could not be verified/i);
  await opens();
});

test('at another origin with our relying party; for another one there, and at our own origin not at all', async () => {
  await refused(await elsewhereSigned(await question(), { origin: evil }), /origin/i);
  await refused(await elsewhereSigned(await question(), { origin: evil, rpId: 'evil.wardmux.localhost' }), /origin/i);
  // At our own origin the browser signs for no other relying party.
  await running.page.evaluate(between("publicKey.rpId = 'evil.wardmux.localhost';"));
  await pressPasskey(running);
  await until(async () => (await alerts()).includes('not used'), 'the browser’s refusal');
  await opens();
});

test('the relying party’s hash is looked at, whatever the browser says of the origin', async () => {
  const there = await elsewhereSigned(await question(), { origin: evil, rpId: 'evil.wardmux.localhost' });
  const clientData = JSON.parse(Buffer.from(there.clientDataJSON, 'base64url').toString()) as Record<string, unknown>;
  const lie = Buffer.from(JSON.stringify({ ...clientData, origin: 'https://wardmux.localhost' })).toString('base64url');
  await refused({ ...there, clientDataJSON: lie }, /RP ID/i);
  await opens();
});

test('a passkey of our relying party that is not enrolled', async () => {
  await refused(await elsewhereSigned(await question(), { own: true }), /not enrolled here/);
  await opens();
});

test('a copy of the key whose counter goes back, or stands still; the same with one that goes on is only as good as its secret', async () => {
  const { credentials } = await device.session.send('WebAuthn.getCredentials', { authenticatorId: device.id });
  const { signCount } = credentials[0]!;
  expect(signCount).toBeGreaterThan(1);
  const back = await elsewhereSigned(await question(), { signCount: 0 });
  expect(dataOf(back).readUInt32BE(33)).toBeLessThan(signCount);
  await refused(back, /counter/i);
  const still = await elsewhereSigned(await question(), { signCount: signCount - 1 });
  expect(dataOf(still).readUInt32BE(33)).toBe(signCount);
  await refused(still, /counter/i);
  const onward = await elsewhereSigned(await question());
  await refused({ ...onward, prf: Buffer.alloc(32, 7).toString('base64url') }, /does not open the vault/);
});
