/** A weaker policy in a real window: shown with both values, agreed to by a second security admin at the covered session, and in force with both signatures. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { entered, firstRun, passphrase, prompt, start, until, wardmux, type Running } from './support.ts';

const kims = 'marble canyon drizzle hammock violet';
let running: Running;
afterEach(async () => {
  await running.stop();
  running.remove();
});

const heading = (name: RegExp): Promise<void> => running.page.getByRole('heading', { name, level: 1 }).waitFor();
async function fill(field: string, words: string): Promise<void> {
  await running.page.locator(field).fill(words);
  await running.page.keyboard.press('Enter');
}
async function openBand(name: string): Promise<void> {
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.type(`:${name}`);
  await running.page.keyboard.press('Enter');
}

test('a weaker policy takes two in the window, who both see what changes', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  await openBand('people');
  await running.page.getByRole('button', { name: /^Enrol somebody/ }).waitFor();
  await running.page.keyboard.press('e');
  await running.page.locator('#person-name').fill('Kim Olsen');
  await running.page.getByRole('checkbox', { name: /^security/ }).check();
  await running.page.keyboard.press('Enter');
  await running.surface('guest');
  await heading(/^Kim Olsen, choose a passphrase/);
  await running.page.locator('#passphrase').fill(kims);
  await fill('#again', kims);
  await heading(/^The keyboard goes back to/);
  await fill('#prove', passphrase);
  await running.surface('workspace');
  await prompt(running);

  const file = join(running.home, 'policy.json');
  const policy = JSON.parse(readFileSync(file, 'utf8')) as { lock: { idleSeconds: number } };
  const before = policy.lock.idleSeconds;
  writeFileSync(file, JSON.stringify({ ...policy, lock: { ...policy.lock, idleSeconds: before + 600 } }));
  await openBand('policy');
  const band = running.page.getByRole('dialog', { name: 'Policy' });
  await band.getByRole('cell', { name: String(before + 600) }).waitFor();
  expect(await band.innerText()).toContain('a second security admin agrees here');
  await running.page.keyboard.press('a');
  await running.surface('guest');
  await heading(/^A second person decides/);
  await running.page.getByRole('cell', { name: 'lock.idleSeconds' }).waitFor();
  await running.page.locator('#agree-id').fill('Kim Olsen');
  await fill('#agree', kims);
  await heading(/^The keyboard goes back to/);
  await fill('#prove', passphrase);
  await running.surface('workspace');
  // What is said goes by itself, after seconds: it is looked at first.
  await until(async () => (await running.page.locator('.toasts').innerText()).includes('The policy is in force: version 2'), 'that it is done');
  await prompt(running);
  const kim = entered(running, 'person.roles').at(-1)!.person!;
  const changed = entered(running, 'policy.change').at(-1)!;
  expect(changed.detail).toMatchObject({ second: kim, changes: [`lock.idleSeconds weaker ${before} ${before + 600}`] });
  expect((await wardmux(['policy', 'show', '--json'], { home: running.home })).stdout).toContain(`"idleSeconds": ${before + 600}`);
  expect(await wardmux(['ledger', 'verify'], { home: running.home })).toMatchObject({ status: 0 });
});
