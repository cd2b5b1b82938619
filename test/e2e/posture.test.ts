/** Posture and self-test in the whole app: the vault's process tries the controls, main signs, and the ledger has it under the person's name. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brings } from '../support/brings.ts';
import { entered, firstRun, start, until, wardmux, type Entered, type Running } from './support.ts';

let running: Running;
const events = (action: string): Entered[] => entered(running, action);

async function openBand(): Promise<void> {
  const { page } = running;
  await page.keyboard.press('Control+b');
  await page.keyboard.press(':');
  await page.keyboard.type('posture');
  await brings(() => page.keyboard.press('Enter'), page.getByRole('dialog').getByRole('heading', { name: 'Self-test', exact: true }));
}
const status = () => running.page.getByRole('dialog').getByRole('status');

beforeAll(async () => {
  running = await start();
  await firstRun(running, { passkey: false });
});
afterAll(async () => {
  await running.stop();
  running.remove();
});

test('what is weaker is told as the command tells it, and a self-test that holds is signed and entered for who asked', async () => {
  await openBand();
  const dialog = running.page.getByRole('dialog');
  await dialog.getByText('A site of one person').waitFor();
  await running.page.keyboard.press('r');
  await until(async () => (await status().innerText()).includes('None of 8 controls failed.'), 'the self-test', 60_000);
  const [event] = events('selftest');
  expect(event).toMatchObject({ outcome: 'success', person: expect.stringMatching(/^p-/), detail: { controls: 8, failed: 0, notShown: 1 } });
  expect(await dialog.innerText()).toContain(String(event!.detail!['sha256']));
  const told = JSON.parse((await wardmux(['posture', '--json'], { home: running.home })).stdout) as { rows: { title: string; level: string }[] };
  const shown = await dialog.locator('.checks b').allTextContents();
  for (const { title } of told.rows) expect(shown).toContain(title);
  expect(told.rows.map(({ title }) => title)).not.toContain('Self-test');
});

test('a file that others can read turns it red, for the next look too', async () => {
  const policy = join(running.home, 'policy.json');
  chmodSync(policy, 0o644);
  await running.page.keyboard.press('r');
  await until(async () => (await status().innerText()).includes('1 of 8 controls do not hold.'), 'the self-test', 60_000);
  chmodSync(policy, 0o600);
  expect(events('selftest').at(-1)).toMatchObject({ outcome: 'failure', detail: { failed: 1 } });
  const dialog = running.page.getByRole('dialog');
  await dialog.getByText('a control did not hold').waitFor();
});
