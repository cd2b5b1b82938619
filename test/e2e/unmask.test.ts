/** An auditor looks at somebody else's recording in a real window: covered by the recognisers, and with nothing covered once a second one has agreed at a covered session. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { brings } from '../support/brings.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { authenticator, comeIn, entered, firstRun, passphrase, prompt, run, start, until, type Running } from './support.ts';

const words = {
  'Kim Olsen': 'marble canyon drizzle hammock violet',
  'Jo Varga': 'violin harbour seven lanterns moss',
  'Lea Brandt': 'copper anvil drifting orchard plum',
} as const;

let running: Running;
afterEach(async () => {
  await running.stop();
  running.remove();
});

const house = () => running.page.getByRole('dialog', { name: 'Recordings' });
const heading = (name: RegExp): Promise<void> => running.page.getByRole('heading', { name, level: 1 }).waitFor();
const faults = async (): Promise<string> => (await running.page.getByRole('alert').allInnerTexts()).join(' ');

/** The form of somebody else's recording, filled in. */
async function atOther(recording: string): Promise<void> {
  const { folder } = running;
  const key = readdirSync(folder).find((name) => name.startsWith('wardmux-audit-key-'))!;
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.type(':recordings');
  await running.page.keyboard.press('Enter');
  await brings(
    () =>
      house()
        .getByRole('button', { name: /Jo Varga/ })
        .first()
        .click(),
    house().getByRole('heading', { name: recording, level: 2 }),
  );
  await running.page.locator('#look-reason').selectOption({ index: 1 });
  await running.page.locator('#look-key').fill(join(folder, key));
}
const look = (how: RegExp): Promise<void> => house().getByRole('button', { name: how }).click();
const transcript = () => house().getByRole('region', { name: 'Text', exact: true });

test('covered for one; uncovered when somebody agrees who is neither its person nor who asks, until the lock', async () => {
  running = await start();
  await authenticator(running.page, true);
  await firstRun(running, { passkey: true });
  const { app } = running;
  const mara = entered(running, 'first-run')[0]!.person!;
  await asAdmin(running, 0, passphrase, (parts) => enrolOther(parts, 'Kim Olsen', words['Kim Olsen'], ['security']));
  const both = [1, words['Kim Olsen']] as const;
  const ids: string[] = [];
  for (const [name, roles] of [
    ['Jo Varga', ['operator']],
    ['Lea Brandt', ['operator', 'auditor']],
  ] as const)
    await asAdmin(running, 0, passphrase, async (parts) => ids.push(await enrolOther(parts, name, words[name], roles)), both);
  const [jo, lea] = ids as [string, string];
  await app.lock('hotkey');

  await comeIn(running, 'Jo Varga', words['Jo Varga']);
  await prompt(running);
  await run(running, 'echo "SSN: 536-22-$((1840+7))"; echo feed-$((40+2))', 'feed-42');
  await app.lock('hotkey');
  const recording = entered(running, 'recording.start').find(({ person }) => person === jo)!.detail!['recording'] as string;

  await comeIn(running, 'Lea Brandt', words['Lea Brandt']);
  await prompt(running);
  await atOther(recording);
  await look(/^Look, masked/);
  await until(async () => (await transcript().innerText()).includes('feed-42'), 'its text');
  expect(await transcript().innerText()).toMatch(/SSN: █{11}/);
  expect(await house().innerText()).not.toContain('536-22-1847');
  await running.page.keyboard.press('Escape');

  // With nothing covered it takes somebody else: the session is covered meanwhile.
  await running.page.keyboard.press('Escape');
  await until(async () => (await running.page.getByRole('dialog').count()) === 0, 'that the house is left');
  await atOther(recording);
  await look(/^With nothing covered/);
  await until(async () => (await faults()).includes('somebody else'), 'that it takes two');
  await look(/^Ask a second person/);
  await running.surface('guest');
  await heading(/^A second person decides/);
  expect(await running.page.locator('body').innerText()).toContain(recording);
  expect(await running.page.content()).not.toMatch(/536-22|feed-42/);
  // Not who asks, and not whose it is.
  for (const [name, why] of [
    ['Lea Brandt', 'somebody else has to'],
    ['Jo Varga', 'You may not agree'],
  ] as const) {
    await running.page.locator('#agree-id').fill(name);
    await running.page.locator('#agree').fill(words[name]);
    await running.page.keyboard.press('Enter');
    await until(async () => (await faults()).includes(why), `not by ${name}`);
  }
  expect(entered(running, 'recording.unmask')).toEqual([]);
  // A security admin does, by a passkey.
  await running.page.locator('#agree-id').fill('Mara Ueda');
  await running.page.getByRole('button', { name: /passkey/i }).click();
  await heading(/^The keyboard goes back to/);
  await running.page.locator('#prove').fill(words['Lea Brandt']);
  await running.page.keyboard.press('Enter');
  await running.surface('workspace');
  await prompt(running);
  expect(entered(running, 'recording.unmask')).toMatchObject([{ person: lea, detail: { recording, second: mara } }]);

  await atOther(recording);
  await look(/^With nothing covered/);
  await until(async () => (await transcript().innerText()).includes('SSN: 536-22-1847'), 'its text, uncovered');
  expect(await house().innerText()).toContain('nothing covered');
  const looks = entered(running, 'play').filter(({ person }) => person === lea);
  expect(looks.filter(({ outcome }) => outcome === 'success').map(({ detail }) => [detail!['recording'], detail!['key'], detail!['masked']])).toEqual([
    [recording, 'audit', true],
    [recording, 'audit', false],
  ]);

  // It was for this session.
  await app.lock('hotkey');
  await comeIn(running, 'Lea Brandt', words['Lea Brandt']);
  await prompt(running);
  await atOther(recording);
  await look(/^With nothing covered/);
  await until(async () => (await faults()).includes('somebody else'), 'that it takes two again');
  expect(await house().innerText()).not.toContain('536-22-1847');
  expect(entered(running, 'recording.unmask')).toHaveLength(1);
});
