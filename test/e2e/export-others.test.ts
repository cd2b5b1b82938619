/** An auditor, who has no shells here, hands on somebody else's recording out of a real window: sealed to a key, and as a folder that anybody verifies. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { generateAuditKey } from '../../src/recording/wrap.ts';
import { brings } from '../support/brings.ts';
import { shot } from '../support/shot.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { comeIn, entered, firstRun, passphrase, prompt, run, start, until, wardmux, type Running } from './support.ts';

const words = {
  'Jo Varga': 'violin harbour seven lanterns moss',
  'Lea Brandt': 'copper anvil drifting orchard plum',
} as const;

let running: Running;
afterEach(async () => {
  await running.stop();
  running.remove();
});

test('with the audit key given again, entered before with its reason; nothing of it is let out, and the folder verifies', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  const { app, page, folder, home } = running;
  const ids: string[] = [];
  for (const [name, roles] of [
    ['Jo Varga', ['operator']],
    ['Lea Brandt', ['auditor']],
  ] as const)
    await asAdmin(running, 0, passphrase, async (parts) => ids.push(await enrolOther(parts, name, words[name], roles)));
  const [jo, lea] = ids as [string, string];
  await app.lock('hotkey');
  await comeIn(running, 'Jo Varga', words['Jo Varga']);
  await prompt(running);
  await run(running, 'echo "SSN: 536-22-$((1840+7))"; echo feed-$((40+2))', 'feed-42');
  await app.lock('hotkey');
  const recording = entered(running, 'recording.start').find(({ person }) => person === jo)!.detail!['recording'] as string;
  const keyFile = join(
    folder,
    readdirSync(folder).find((name) => name.startsWith('wardmux-audit-key-'))!,
  );
  const recipient = generateAuditKey();
  const jwk = join(folder, 'recipient.jwk');
  writeFileSync(jwk, JSON.stringify(recipient.recipient.jwk));

  await comeIn(running, 'Lea Brandt', words['Lea Brandt']);
  const house = page.getByRole('dialog', { name: 'Recordings' });
  const steps = page.getByRole('dialog', { name: 'Export a session log' });
  const began = async (path: string, form: string): Promise<void> => {
    await brings(
      () =>
        house
          .getByRole('button', { name: /Jo Varga/ })
          .first()
          .click(),
      house.getByRole('heading', { name: recording, level: 2 }),
    );
    await brings(() => house.getByRole('button', { name: /^Export…/ }).click(), steps.getByLabel('file of the audit key'));
    await steps.getByLabel('what it is for').fill('yearly audit');
    await steps.getByLabel('who gets it').fill('Example Audits');
    await steps.getByLabel('file of the audit key').fill(keyFile);
    await steps.getByLabel('as', { exact: true }).selectOption(form);
    if (form === 'sealed') await steps.getByLabel('the recipient’s public key').fill(jwk);
    await steps.getByLabel('where it goes').fill(path);
    await brings(() => page.keyboard.press('Enter'), steps.getByText('nothing of it is let out by hand'));
    expect(await steps.innerText()).not.toContain('536-22-1847');
    expect(existsSync(path)).toBe(false);
  };
  const bundle = join(folder, 'handed-on');
  // Whoever has no shells is led there by the empty stage.
  await brings(() => page.getByRole('button', { name: 'Recordings', exact: true }).click(), house.getByRole('button', { name: /Jo Varga/ }).first());
  await began(bundle, 'evidence');
  await shot(page, 'export-others-window-found');
  await brings(() => page.keyboard.press('y'), steps.getByRole('heading', { name: 'Exported and signed.' }));
  await brings(() => page.keyboard.press('v'), steps.locator('[data-m="ok"]'));
  await brings(() => page.keyboard.press('c'), page.getByText(/^Copied \d+ bytes/).first());
  await shot(page, 'export-others-window-done');
  const detail = { recording, key: 'audit', how: 'text', masked: true, reason: 'audit' };
  // In this order: why it is opened is entered before anything is.
  const deeds = entered(running).filter(({ action, person }) => person === lea && (action === 'play' || action === 'export'));
  expect(deeds).toMatchObject([
    { action: 'play', outcome: 'success', detail },
    { action: 'export', outcome: 'success', detail: { recording, redaction: 'default', withheld: expect.any(Number) } },
  ]);
  expect(JSON.parse(readFileSync(join(bundle, 'recording.json'), 'utf8'))).toMatchObject({ recording, person: jo, exported: { by: lea, reason: 'audit' } });
  const trust = join(folder, 'trust.json');
  writeFileSync(trust, (await wardmux(['trust'], { home })).stdout);
  expect(await wardmux(['verify', bundle, '--trust', trust], { home })).toMatchObject({ status: 0 });
  const text = readdirSync(bundle)
    .map((name) => readFileSync(join(bundle, name), 'latin1'))
    .join('');
  expect(text).not.toContain('536-22-1847');

  // Sealed to a key: one file, and nothing beside it.
  await brings(() => page.keyboard.press('Escape'), house.getByRole('button', { name: /Jo Varga/ }).first());
  const sealed = join(folder, 'handed-on.jwe');
  await began(sealed, 'sealed');
  await brings(() => page.keyboard.press('y'), steps.getByRole('heading', { name: 'Exported, signed and sealed.' }));
  expect(readFileSync(sealed, 'latin1')).toMatch(/^[\w-]+\.\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
  expect(entered(running, 'export').at(-1)).toMatchObject({ person: lea, detail: { recording, sealedTo: recipient.recipient.kid } });
  // Nothing that she did was refused at a door: no right of an operator's is asked for on the way.
  expect(entered(running, 'access.denied')).toEqual([]);
  await until(() => readdirSync(folder).filter((name) => name.startsWith('handed-on')).length === 3, 'the folder, what stands beside it, and the file');
});
