/** Two people at one window, with real keys: each comes in by what they type, and sees their own panes and no other's. */
import { afterEach, expect, test } from 'vitest';
import { processTree } from '../../src/browser/processes.ts';
import { scanProcesses } from '../support/memory-scan.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { entered, firstRun, paneText, passphrase, prompt, run, start, until, type Running } from './support.ts';

const joWords = 'marble canyon drizzle hammock violet';
let running: Running | undefined;
afterEach(async () => {
  await running?.stop();
  running?.remove();
  running = undefined;
});

/** As `wardmux person add` does, while the app runs. @returns both ids */
async function enrolJo(): Promise<{ readonly mara: string; readonly jo: string }> {
  let jo = '';
  await asAdmin(running!, 0, passphrase, async (parts) => (jo = await enrolOther(parts, 'Jo Varga', joWords, ['operator'])));
  return { mara: entered(running!, 'first-run')[0]!.person!, jo };
}

async function comeIn(name: string, words: string): Promise<void> {
  await running!.surface('lock');
  const { page } = running!;
  const who = page.locator('#who');
  await who.waitFor();
  await who.fill(name);
  await page.keyboard.press('Enter');
  const field = page.locator('input[type=password]');
  await field.waitFor();
  await field.fill(words);
  await page.keyboard.press('Enter');
}

test('the lock page names nobody; each sees their own panes, and the other’s shell runs on', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  await run(running, 'MINE=seven; echo mara-$((40+2))', 'mara-42');
  /** What the page is drawn in; null: as the system has it. */
  const theme = (): Promise<unknown> => running!.page.evaluate('document.documentElement.dataset.theme ?? null');
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.type(':theme dark');
  await running.page.keyboard.press('Enter');
  await until(async () => (await theme()) === 'dark', 'her theme');
  const { mara, jo } = await enrolJo();
  await running.app.lock('hotkey');

  await running.surface('lock');
  await running.page.locator('#who').waitFor();
  const poster = (await running.page.textContent('.poster')) ?? '';
  expect(poster).not.toMatch(/M\. U\.|Mara|Jo/);
  expect(poster).toContain('shells of 1 person run on');
  // How it looks is hers too.
  expect(await theme()).toBeNull();
  // Somebody who does not exist, and somebody who does with another's passphrase, hear the same.
  const heard: string[] = [];
  for (const name of ['nobody here', 'Mara Ueda']) {
    await comeIn(name, joWords);
    await until(async () => /did not open it/.test((await running!.page.textContent('.poster__err')) ?? ''), 'the refusal');
    heard.push((await running.page.textContent('.poster__way'))!.replace(name, 'NAME'));
    await running.page.keyboard.press('Escape');
  }
  expect(heard[0]).toBe(heard[1]);

  await comeIn('jo varga', joWords);
  await running.surface('workspace');
  await prompt(running);
  expect(await paneText(running)).not.toContain('mara-42');
  expect(await theme()).toBeNull();
  await run(running, 'echo "jo-$((40+3)) ${MINE:-unset}"', 'jo-43 unset');
  await running.app.lock('hotkey');

  await comeIn(mara, passphrase);
  await running.surface('workspace');
  await until(async () => (await paneText(running!)).includes('mara-42'), 'her own screen');
  expect(await paneText(running)).not.toContain('jo-43');
  expect(await theme()).toBe('dark');
  await run(running, 'echo "$MINE-again"', 'seven-again');
  await running.app.lock('hotkey');

  const events = entered(running);
  const of = (action: string): (string | undefined)[] =>
    events.filter((event) => event.action === action && event.outcome !== 'failure').map(({ person }) => person);
  expect(of('unlock')).toEqual([mara, jo, mara]);
  expect(of('lock')).toEqual([mara, jo, mara]);
  expect(of('pane.open')).toEqual([mara, jo]);
  expect(of('recording.start')).toEqual([mara, jo]);
  expect(of('session.park')).toEqual([mara, jo]);
});

test('after the policy’s time nothing of somebody is left in any process but what is sealed; who comes back is told, and finds a new shell', async () => {
  running = await start();
  await firstRun(running, { passkey: false });
  await run(running, 'MINE=mara-$((40+2)); echo $MINE', 'mara-42');
  const { mara, jo } = await enrolJo();
  await running.app.lock('hotkey');
  await comeIn('jo varga', joWords);
  await running.surface('workspace');
  await prompt(running);
  await run(running, 'echo jo-$((40+3))', 'jo-43');
  const { clock, app } = running;
  // Jo is there for a minute; Mara’s half an hour began when Jo came in.
  for (let passed = 0; passed < 60; passed += 20) {
    clock.advance(20_000);
    await app.tick();
  }
  expect(app.surface).toBe('workspace');
  await app.lock('hotkey');
  const logoffs = (): unknown[] => entered(running!, 'session.logoff').map(({ person, detail }) => [person, detail]);
  clock.advance(29 * 60_000);
  await app.tick();
  await until(() => logoffs().length === 1, 'the logoff');
  expect(logoffs()).toEqual([[mara, { cause: 'park', ended: 1, held: 0 }]]);
  // Her shell is gone, and with it what only it remembered; Jo’s runs on in the same process, which has nothing of hers.
  const ours = processTree(app.processes.pty!);
  expect(ours.length).toBeGreaterThan(1);
  if (process.getuid?.() === 0) expect(scanProcesses(ours, 'mara-42').hits).toEqual([]);

  clock.advance(60_000);
  await app.tick();
  await until(() => logoffs().length === 2, 'the other logoff');
  expect(logoffs()[1]).toEqual([jo, { cause: 'logoff', ended: 1, held: 0 }]);
  // Nobody has a shell any more, so the process that held them is gone too.
  await until(() => app.processes.pty === undefined, 'the end of the process of the shells');

  await comeIn('mara ueda', passphrase);
  await running.surface('workspace');
  await running.page
    .getByText(/You were logged off \(.*One shell ended by it/)
    .first()
    .waitFor();
  await prompt(running);
  expect(await paneText(running)).not.toContain('mara-42');
  await run(running, 'echo "new-${MINE:-nothing}"', 'new-nothing');
});
