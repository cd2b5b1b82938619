/** People in a real window: somebody is enrolled at a covered session, a second one agrees there, and what was decided has both signatures. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { brings } from '../support/brings.ts';
import { entered, firstRun, paneText, passphrase, prompt, run, start, until, wardmux, type Entered, type Running } from './support.ts';

const kims = 'marble canyon drizzle hammock violet';
const jos = 'violin harbour seven lanterns moss';
const josNew = 'copper anvil drifting orchard plum';
let running: Running;
afterEach(async () => {
  await running.stop();
  running.remove();
});

const events = (action: string): Entered[] => entered(running, action);

const band = () => running.page.getByRole('dialog', { name: 'People' });
async function openBand(): Promise<void> {
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.type(':people');
  await brings(() => running.page.keyboard.press('Enter'), band().getByRole('button', { name: /^Enrol somebody/ }));
}
const heading = (name: RegExp): Promise<void> => running.page.getByRole('heading', { name, level: 1 }).waitFor();
const nothingOfHers = async (): Promise<void> => {
  expect(await running.page.locator('.xterm-rows').count()).toBe(0);
  expect(await running.page.content()).not.toContain('of-hers');
};
async function enrol(name: string, words: string, role?: RegExp): Promise<void> {
  await openBand();
  await running.page.keyboard.press('e');
  await running.page.locator('#person-name').fill(name);
  if (role) await band().getByRole('checkbox', { name: role }).check();
  await running.page.keyboard.press('Enter');
  await running.surface('guest');
  await heading(new RegExp(`^${name}, choose a passphrase`));
  await nothingOfHers();
  await running.page.locator('#passphrase').fill(words);
  await running.page.locator('#again').fill(words);
  await running.page.keyboard.press('Enter');
}
async function back(words: string): Promise<void> {
  await heading(/^The keyboard goes back to/);
  await running.page.locator('#prove').fill(words);
  await running.page.keyboard.press('Enter');
}

test('enrolled alone at the keyboard, agreed to by a second one at a covered session, told to whom it is about', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  await run(running, 'MINE=of-hers; echo $((40+2))-$MINE', '42-of-hers');
  const mara = events('first-run')[0]!.person!;
  const slot = events('unlock').at(-1)!.credential;

  // Alone she decides alone. Kim's passphrase is hers: whoever enrols is asked for their own.
  await enrol('Kim Olsen', kims, /^security/);
  await back(kims);
  await until(async () => (await running.page.getByRole('alert').allInnerTexts()).join(' ').includes('did not open'), 'the refusal');
  expect(events('person.roles')).toHaveLength(1);
  await back(passphrase);
  await running.surface('workspace');
  // What is said goes by itself, after seconds: it is looked at first.
  await until(async () => (await running.page.locator('.toasts').innerText()).includes('Kim Olsen is enrolled'), 'that it is done');
  await prompt(running);
  await until(async () => (await paneText(running)).includes('42-of-hers'), 'her screen again');
  expect(events('person.roles').at(-1)!.detail).toMatchObject({ roles: ['operator', 'security'], by: mara });
  expect(events('person.roles').at(-1)!.detail).not.toHaveProperty('second');
  const kim = events('person.roles').at(-1)!.person!;
  // The view of the shell was away meanwhile, as in a lock, and nobody else was let in.
  expect(events('lock')).toEqual([]);

  // From now on a role takes both of them.
  await enrol('Jo Varga', jos);
  await heading(/^A second person decides/);
  await nothingOfHers();
  const hash = (await running.page.locator('.guest__hash').innerText()).replaceAll(' ', '');
  const agree = async (who: string, words: string): Promise<void> => {
    await running.page.locator('#agree-id').fill(who);
    await running.page.locator('#agree').fill(words);
    await running.page.keyboard.press('Enter');
  };
  await agree('Mara Ueda', passphrase);
  await until(async () => /somebody else has to|may not agree/.test((await running.page.getByRole('alert').allInnerTexts()).join(' ')), 'not by who asks');
  await agree('Kim Olsen', kims);
  await heading(/^The keyboard goes back to/);
  expect(events('unlock').at(-1)).toMatchObject({ person: kim, outcome: 'success', detail: { agrees: true } });
  await back(passphrase);
  await running.surface('workspace');
  await prompt(running);
  const granted = events('person.roles').at(-1)!;
  const jo = granted.person!;
  expect(granted.detail).toMatchObject({ roles: ['operator'], by: mara, second: kim });
  expect(granted.credential).toBe(slot);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  const listed = JSON.parse((await wardmux(['person', 'list', '--json'], { home: running.home })).stdout) as { id: string; roles: string[] }[];
  expect(listed.map(({ id, roles }) => [id, roles])).toEqual([
    [mara, ['operator', 'security']],
    [kim, ['operator', 'security']],
    [jo, ['operator']],
  ]);

  // Jo has lost everything: new keys take both of them, and Jo's own passphrase.
  const record = (): string => readFileSync(join(running.home, 'people', `${jo}.json`), 'utf8');
  const before = record();
  await openBand();
  await band().getByRole('button', { name: 'Jo Varga' }).click();
  await band().getByRole('button', { name: 'New keys: Jo Varga' }).click();
  await band()
    .getByRole('radio', { name: /staff badge/ })
    .check();
  await running.page.keyboard.press('Enter');
  await running.surface('guest');
  await heading(/^Jo Varga, choose a passphrase/);
  await running.page.locator('#passphrase').fill(josNew);
  await running.page.locator('#again').fill(josNew);
  await running.page.keyboard.press('Enter');
  await heading(/^A second person decides/);
  expect(record()).toBe(before);
  await agree('Kim Olsen', kims);
  await back(passphrase);
  await running.surface('workspace');
  await until(async () => (await running.page.locator('.toasts').innerText()).includes('has new keys'), 'that it is done');
  await prompt(running);
  expect(events('person.keys').at(-1)).toMatchObject({ person: jo, detail: { change: 'rebound', checked: 'staff-badge', by: mara, second: kim } });
  expect(record()).not.toBe(before);

  // A deed of one: after a proof, on her own page.
  await openBand();
  await band().getByRole('button', { name: 'Kim Olsen' }).click();
  await band().getByRole('button', { name: 'Disable: Kim Olsen' }).click();
  await band().locator('#prove').fill(passphrase);
  await running.page.keyboard.press('Enter');
  await until(async () => (await band().innerText()).includes(`Kim Olsen (${kim}) is disabled.`), 'that it is done');
  expect(events('person.state').at(-1)).toMatchObject({ person: kim, detail: { state: 'disabled', by: mara } });
  expect(await wardmux(['ledger', 'verify'], { home: running.home })).toMatchObject({ status: 0 });
});
