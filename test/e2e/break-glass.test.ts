/** The glass in a window, by the keyboard alone: from the lock page to a prompt, its red face, its end, and what the lock page says afterwards. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { acceptAsItStands } from '../../src/policy/force.fixture.ts';
import { brings } from '../support/brings.ts';
import { noSmallDisk, onSmallDisk } from '../support/small-disk.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { initialise } from './initialised.ts';
import { comeIn, entered, paneText, passphrase, prompt, run, start, unlockWithPassphrase, until, wardmux, type Entered, type Running } from './support.ts';

const envelope = { name: 'Envelope Ward 7', words: 'marble canyon drizzle hammock violet' };
let running: Running | undefined;
afterEach(async () => {
  await running?.stop();
  running?.remove();
  running = undefined;
});

/** The envelope is made before the night. @returns its id */
async function makeEnvelope(where: string | Running, name = envelope.name): Promise<string> {
  let id = '';
  await asAdmin(where, 0, passphrase, async (parts) => (id = await enrolOther(parts, name, envelope.words, ['emergency'])));
  return id;
}

const events = (): Entered[] => entered(running!);

test('somebody with the envelope gets from the lock page to a prompt, sees nothing of anybody else’s, and it ends and is told of', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  initialise(folder);
  // She is logged off before the emergency ends, two hours later: her shells are held.
  const path = join(folder, 'home', 'policy.json');
  const policy = JSON.parse(readFileSync(path, 'utf8')) as { lock: object };
  writeFileSync(path, JSON.stringify({ ...policy, lock: { ...policy.lock, holdShells: true } }));
  await acceptAsItStands(join(folder, 'home'));
  running = await start({ folder });
  await unlockWithPassphrase(running);
  await run(running, 'echo mara-$((40+2))', 'mara-42');
  const id = await makeEnvelope(running);
  await running.app.lock('hotkey');
  await running.surface('lock');
  await running.page.locator('#who').waitFor();

  const { keyboard } = running.page;
  await brings(() => keyboard.press('Control+g'), running.page.locator('.glassform'));
  await keyboard.press('2');
  await keyboard.type('Interface engine down, INC-20817');
  await keyboard.press('Tab');
  await keyboard.type(envelope.name);
  await keyboard.press('Tab');
  await keyboard.type(envelope.words);
  await keyboard.press('Enter');
  await running.surface('workspace');
  await prompt(running);

  expect(await paneText(running)).not.toContain('mara-42');
  await run(running, 'echo glass-$((40+3))', 'glass-43');
  await running.page.locator('[data-state="break-glass"]').waitFor();
  const panes = await running.page.locator('.pane').count();
  await until(async () => (await running!.page.locator('.pane .watermark').count()) === panes, 'a mark on every pane');
  expect(await running.page.locator('.watermark').first().textContent()).toContain(envelope.name);
  await until(async () => ((await running!.page.locator('.rule__flags').first().textContent()) ?? '').includes('recorded'), 'that it is recorded');
  const line = async (): Promise<string> => (await running!.page.locator('.line').textContent()) ?? '';
  await until(async () => /break-glass.*ends in(60|59) min/.test(await line()), 'the time that is left');
  await running.page.getByRole('button', { name: /^extend once/ }).click();
  await until(() => entered(running!, 'breakglass.extend').length > 0, 'its extension');
  // The event is on the disk a moment before whoever asked for it hears that it is.
  await until(async () => {
    await running!.app.tick();
    return /ends in1[12]\d min/.test(await line());
  }, 'the hour more');
  expect(await running.page.getByRole('button', { name: /^extend once/ }).count()).toBe(0);

  // Over, and the lock page says that nobody outside has heard of it. Its end by time: main/unlock/break-glass.test.ts.
  await running.page.getByRole('button', { name: /^End now/ }).click();
  await running.surface('lock');
  await until(() => events().some(({ action, detail }) => action === 'breakglass.end' && detail?.['cause'] === 'ended'), 'its end');
  await until(() => events().some(({ action, person }) => action === 'pane.close' && person === id), 'the end of its shell');
  await running.app.tick();
  await running.page.locator('.siren').waitFor();
  expect(await running.page.locator('.siren').textContent()).toContain('nobody outside has been told');
  expect(await running.page.textContent('.poster')).not.toMatch(/Envelope|INC-20817|system is down/);

  const [start1] = entered(running!, 'breakglass.start');
  expect(start1).toMatchObject({ person: id, detail: { reason: 'system-down', text: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown } });
  const begun = entered(running!, 'recording.start');
  expect(begun.map(({ person, detail }) => [person === id, detail?.['role'], detail?.['reason']])).toEqual([
    [false, 'operator', 'none'],
    [true, 'emergency', 'system-down'],
  ]);
  await comeIn(running, 'Mara Ueda', passphrase);
  await until(async () => (await paneText(running!)).includes('mara-42'), 'her own screen');
  expect(await paneText(running)).not.toContain('glass-43');
  expect(await running.page.locator('[data-state="break-glass"]').count()).toBe(0);
  await running.app.lock('hotkey');
  const listed = await wardmux(['breakglass', 'list', '--json'], { home: running.home });
  expect(JSON.parse(listed.stdout)).toMatchObject({ emergencies: [{ person: id, extended: true, words: 'sealed', reviewState: 'due', alerted: [] }] });

  // In the morning an auditor reviews it in the window: the count on the line leads there.
  const [auditor, auditorsWords] = ['Lea Brandt', 'copper kettle orchard sandal mist'];
  let lea = '';
  await asAdmin(running, 0, passphrase, async (parts) => (lea = await enrolOther(parts, auditor, auditorsWords, ['auditor'])));
  await comeIn(running, auditor, auditorsWords);
  const centre = running.page.getByRole('dialog', { name: 'Audit centre' });
  await brings(() => running!.page.getByRole('button', { name: '1 emergency review due' }).click(), centre.getByText('to be reviewed by'));
  const { breakGlass } = start1!.detail!;
  await brings(
    () => centre.getByRole('button', { name: `Review it: ${String(breakGlass)}` }).press('Enter'),
    centre.getByRole('radio', { name: 'not justified' }),
  );
  await centre.getByRole('radio', { name: 'justified', exact: true }).check();
  await brings(() => running!.page.keyboard.press('Enter'), centre.getByText(`${String(breakGlass)} is reviewed.`));
  await centre.getByText('No emergency waits for a review.').waitFor();
  expect(entered(running, 'breakglass.review')).toMatchObject([{ person: lea, detail: { breakGlass, finding: 'justified' } }]);
  expect(await wardmux(['ledger', 'verify'], { home: running.home })).toMatchObject({ status: 0 });
  // The policy names no way out for an alert, so the review ends the siren.
  await running.app.lock('hotkey');
  await running.surface('lock');
  await running.page.locator('#who').waitFor();
  expect(await running.page.locator('.siren').count()).toBe(0);
});

test('while one emergency runs, whoever has another one does not wait for it: the first ends with its shells, and the page says so before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  initialise(folder);
  const first = await makeEnvelope(join(folder, 'home'));
  const second = await makeEnvelope(join(folder, 'home'), 'Envelope Ward 8');
  running = await start({ folder });
  await running.page.locator('#who').waitFor();
  const { page } = running;
  await brings(() => page.keyboard.press('Control+g'), page.locator('.glassform'));
  await page.keyboard.press('2');
  for (const [key, words] of [
    ['Tab', envelope.name],
    ['Tab', envelope.words],
  ] as const) {
    await page.keyboard.press(key);
    await page.keyboard.type(words);
  }
  await page.keyboard.press('Enter');
  await running.surface('workspace');
  await prompt(running);
  await running.app.lock('hotkey');
  await running.surface('lock');

  await running.page.locator('#who').waitFor();
  await running.page.keyboard.press('Control+g');
  await running.page.getByRole('button', { name: 'Another emergency' }).click();
  expect(await running.page.textContent('.glassform__what')).toContain('The emergency that runs ends, and its shells with it.');
  await running.page.keyboard.press('5');
  await running.page.locator('#glass-who').fill('Envelope Ward 8');
  await running.page.locator('#glass-secret').fill(envelope.words);
  await running.page.keyboard.press('Enter');
  await running.surface('workspace');
  await prompt(running);
  await until(() => events().some(({ action, person }) => action === 'pane.close' && person === first), 'the end of the first one’s shell');
  expect(
    events().flatMap(({ action, person, detail }) => (/^breakglass\.(start|end)$/.test(action) ? [[action, person, detail?.['cause'] ?? null]] : [])),
  ).toEqual([
    ['breakglass.start', first, null],
    ['breakglass.end', first, 'replaced'],
    ['breakglass.start', second, null],
  ]);
  await running.app.lock('hotkey');
  expect((await wardmux(['ledger', 'verify'], { home: running.home })).status).toBe(0);
});

test('on a disk that is full to its last byte, with a policy file that is none, it opens and is sealed and entered all the same', async ({ skip }) => {
  const disk = mkdtempSync(join(tmpdir(), 'd-'));
  const reason = noSmallDisk(disk);
  skip(reason !== undefined, reason);
  const { status, stdout, stderr } = await onSmallDisk(disk, '220m', join(import.meta.dirname, 'break-glass-disk.fixture.ts'), [disk], process.env, 100_000);
  rmSync(disk, { recursive: true, force: true });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const said = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
  expect(said).toMatchObject({ held: 16 * 1024 * 1024, left: 0, text: true, status: 0 });
  expect(said['entered']).toEqual(['breakglass.start', 'recording.start', 'recording.end']);
});
