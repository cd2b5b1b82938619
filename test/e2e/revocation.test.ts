/** A revocation list in a real window: whoever it names is locked and gets no further, and where none stands the lock page says why and opens by break-glass alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';
import { dismissed, listKey, signedList } from '../../src/revocation/list.fixture.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { shot } from '../support/shot.ts';
import { firstRun, passphrase, start, until, type Running } from './support.ts';

const moWords = 'marble canyon drizzle hammock violet';
let running: Running | undefined;
afterEach(async () => {
  await running?.stop();
  running?.remove();
  running = undefined;
});

test('whoever a list names is locked and does not come back; a list of nobody closes the station and says why, and a good one opens it', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  const { app, clock, home } = running;
  const key = listKey();
  const file = join(home, '..', 'revoked.list');
  const put = async (number: number, revoked: readonly object[] = [], by = key): Promise<void> =>
    writeFileSync(file, await signedList(by, { number, revoked }));
  const second = async (): Promise<void> => {
    clock.advance(1000);
    await app.tick();
  };
  // Where one person alone can come in, nobody is asked who it is.
  await asAdmin(home, 0, passphrase, async (parts) => {
    await enrolOther(parts, 'Mo Adeyemi', moWords, ['operator']);
    await enrolOther(parts, 'Jo Varga', moWords, ['operator']);
  });
  await put(1);
  const path = join(home, 'policy.json');
  const policy = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...policy, revocation: { file, keys: [key.text], maxAgeHours: 72 } }));
  await acceptAsItStands(home);
  const events = (): string => readFileSync(join(home, 'ledger/events.jsonl'), 'utf8');
  await until(async () => (await second(), events().includes('"revocation.list"')), 'the first list');

  const mara = /"person":"(p-[0-9a-f]{12})"/.exec(events())![1]!;
  await put(2, [dismissed(mara)]);
  await until(async () => (await second(), app.surface === 'lock'), 'the lock');
  await running.surface('lock');
  await until(async () => (await running!.page.locator('#who').count()) === 1, 'the question who it is');
  await running.page.fill('#who', 'Mara Ueda');
  await running.page.keyboard.press('Enter');
  await until(async () => (await running!.page.locator('#passphrase').count()) === 1, 'the passphrase');
  await running.page.keyboard.type(passphrase);
  await running.page.keyboard.press('Enter');
  await until(async () => ((await running!.page.textContent('.poster__err')) ?? '').includes('did not open it'), 'the answer of a wrong passphrase');
  expect(app.surface).toBe('lock');

  await put(3, [], listKey());
  const poster = async (): Promise<string> => (await running!.page.textContent('.poster')) ?? '';
  await until(async () => (await second(), (await poster()).includes('Emergency only')), 'the closed station');
  for (const words of ['Nobody unlocks here now.', 'not signed by whoever may', 'Break-glass', 'revocation list does not stand'])
    expect(await poster()).toContain(words);
  expect(await running.page.locator('input').count()).toBe(0);
  await shot(running.page, 'unlisted');

  await put(3);
  // Whoever was typed before is still there, with their passphrase to give.
  await until(async () => (await second(), (await running!.page.locator('#passphrase').count()) === 1), 'the way in, again');
  expect(await poster()).not.toContain('Emergency only');
});
