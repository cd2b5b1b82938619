/** The whole main job, as a person does it: first run, split, record, lock, unlock, export; then an auditor verifies. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brings } from '../support/brings.ts';
import {
  authenticator,
  entered,
  firstRun,
  paneText,
  passphrase,
  passphraseField,
  pressPasskey,
  root,
  run,
  start,
  unlockWithPassphrase,
  until,
  wardmux,
  type Running,
} from './support.ts';

let running: Running;
const ledgerActions = (): string[] => entered(running).map(({ action }) => action);
const prefix = async (key: string): Promise<void> => {
  await running.page.keyboard.press('Control+b');
  await running.page.keyboard.press(key);
};
const panes = (count: number): Promise<void> => until(async () => (await running.page.locator('.pane:visible').count()) === count, `${count} panes`);

beforeAll(async () => {
  running = await start();
});
afterAll(async () => {
  await running.stop();
  running.remove();
});

describe('the main job', () => {
  test('first run with a passkey opens one recorded shell', async () => {
    await authenticator(running.page, true);
    await firstRun(running, { passkey: true });
    await panes(1);
    expect(
      existsSync(
        join(
          running.folder,
          readdirSync(running.folder).find((name) => name.startsWith('wardmux-audit-key-'))!,
        ),
      ),
    ).toBe(true);
    expect(ledgerActions()).toEqual(expect.arrayContaining(['first-run', 'app.start', 'person.keys', 'unlock', 'recording.start', 'pane.open']));
  });

  test('the window is split into four panes, each with its own shell, and none is mounted again', async () => {
    await run(running, 'echo one-$((40+1))', 'one-41');
    await running.page.evaluate(`document.querySelectorAll('.pane').forEach((pane) => pane.setAttribute('data-mounted', 'first'))`);
    await prefix('%');
    await panes(2);
    await run(running, 'echo two-$((40+2))', 'two-42');
    await prefix('"');
    await panes(3);
    await run(running, 'echo three-$((40+3))', 'three-43');
    await prefix('ArrowLeft');
    await prefix('"');
    await panes(4);
    await run(running, 'echo four-$((40+4))', 'four-44');
    expect(await running.page.locator('.pane[data-mounted=first]').count()).toBe(1);
  });

  test('zoom, a second window and back', async () => {
    await prefix('z');
    await panes(1);
    await prefix('z');
    await panes(4);
    await prefix('c');
    await panes(1);
    await run(running, 'echo window-$((40+5))', 'window-45');
    await prefix('p');
    await panes(4);
  });

  test('the idle lock comes by the clock, after a warning, and takes the renderer with it', async () => {
    const before = await running.app.window.rendererPid();
    // The run of a program in a pane is no activity.
    // Few rows, so that what was there before is still on the screen afterwards.
    await running.page.keyboard.type('for i in $(seq 60); do printf "tick "; sleep 0.15; done; echo; echo locked-$((50+1))\n');
    // It runs: the line as it was typed has the word once.
    await until(async () => (await paneText(running)).includes('tick tick'), 'the program');
    for (let second = 0; second < 275; second += 5) {
      running.clock.advance(5000);
      await running.app.tick();
    }
    expect(running.app.surface).toBe('workspace');
    await until(async () => (await running.page.locator('dialog[open], .band:popover-open, [role=alertdialog]').count()) > 0, 'the warning');
    for (let second = 0; second < 30; second += 5) {
      running.clock.advance(5000);
      await running.app.tick();
    }
    await running.surface('lock');
    expect(await running.app.window.rendererPid()).not.toBe(before);
    expect(existsSync(`/proc/${before}`)).toBe(false);
    expect(await running.page.locator('body').innerText()).not.toMatch(/tick|four-44|bash/);
    expect(running.app.processes.vault === undefined || existsSync(`/proc/${running.app.processes.vault}`)).toBe(true);
  });

  test('a wrong passphrase is refused and is an event; the right one opens', async () => {
    const field = await passphraseField(running);
    await field.fill('this is not the one at all');
    await running.page.keyboard.press('Enter');
    await until(() => ledgerActions().filter((action) => action === 'unlock').length === 2, 'the refused attempt in the ledger');
    expect(running.app.surface).toBe('lock');
    // The page has taken the answer in: what is typed before that is typed into the attempt that is refused.
    await until(async () => (await running.page.locator('[role=alert]').allInnerTexts()).join('').includes('did not open'), 'a sentence about it');
    await unlockWithPassphrase(running);
    await panes(4);
  });

  test('panes come back with what they showed and with what was printed while locked', async () => {
    for (const text of ['one-41', 'two-42', 'three-43', 'four-44', 'locked-51']) await until(async () => (await paneText(running)).includes(text), text);
  });

  test('the hotkey locks; the passkey with PRF unlocks', async () => {
    await running.page.keyboard.press('Control+Shift+L');
    await running.surface('lock');
    await pressPasskey(running);
    await running.surface('workspace');
    await until(async () => (await paneText(running)).includes('locked-51'), 'the panes after the passkey');
    await run(running, 'echo typed-$((60+1))', 'typed-61');
  });

  test('export from a pane; stock tools and both verifiers accept the bundle', async () => {
    await prefix('X');
    const field = (name: string) => running.page.locator(`dialog[open] #export-${name}`);
    const folder = field('path');
    // Return with nothing in a field puts patient text nowhere.
    await folder.press('Enter');
    await until(async () => (await running.page.textContent('#export-purpose-error'))?.includes('nothing was exported') === true, 'the reason');
    await field('purpose').fill('weekly review');
    await field('recipient').fill('ward office');
    await folder.press('Enter');
    await until(async () => (await running.page.textContent('#export-path-error'))?.includes('nothing was exported') === true, 'the other reason');
    expect(readdirSync(running.folder).filter((entry) => entry.startsWith('wardmux-export-'))).toEqual([]);
    await folder.fill(join(running.folder, 'wardmux-export-ward 3'));
    await brings(() => folder.press('Enter'), running.page.getByText('In the clear, into this folder?'));
    await running.page.keyboard.press('y');
    const bundle = await waitForBundle();
    await running.page.getByRole('button', { name: /^Verify now/ }).click();
    await until(async () => (await running.page.textContent('dialog[open] [role=status]'))?.includes('The bundle is good') === true, 'the verdict');
    expect(spawnSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: bundle }).status).toBe(0);
    const trust = join(running.folder, 'trust.json');
    const { status, stdout } = await wardmux(['trust'], { home: running.home });
    expect(status).toBe(0);
    execFileSync('sh', ['-c', `cat > "${trust}"`], { input: stdout });
    for (const signer of ['installation', 'person'] as const) {
      const identity = readFileSync(join(bundle, 'allowed_signers'), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith(signer === 'installation' ? 'w-' : 'p-'))
        .map((line) => line.split(' ')[0]!)[0]!;
      const verify = spawnSync(
        'ssh-keygen',
        ['-Y', 'verify', '-f', 'allowed_signers', '-I', identity, '-n', 'session-export@wardmux.localhost', '-s', `SHA256SUMS.${signer}.sig`],
        {
          cwd: bundle,
          input: readFileSync(join(bundle, 'SHA256SUMS')),
        },
      );
      expect(verify.stdout.toString() + verify.stderr.toString()).toContain('Good');
    }
    expect(spawnSync('python3', [join(bundle, 'verify.py'), bundle, '--trust', trust], { encoding: 'utf8' })).toMatchObject({ status: 0 });
    expect((await wardmux(['verify', bundle, '--trust', trust], { home: join(running.folder, 'elsewhere') })).status).toBe(0);
    // The bundle holds what the pane showed, and plays in a stock player.
    expect(readFileSync(join(bundle, 'session.cast'), 'utf8')).toMatch(/one-41|four-44|typed-61/);
  });

  test('the command line lists the recordings and plays one with the audit key, byte for byte', async () => {
    const listed = JSON.parse((await wardmux(['list', '--json'], { home: running.home })).stdout) as { recordings?: { id: string }[] } | { id: string }[];
    const recordings = Array.isArray(listed) ? listed : listed.recordings!;
    expect(recordings.length).toBe(5);
    const auditKey = join(
      running.folder,
      readdirSync(running.folder).find((name) => name.startsWith('wardmux-audit-key-'))!,
    );
    const texts: string[] = [];
    for (const { id } of recordings) texts.push((await wardmux(['play', id, '--raw', '--key', auditKey], { home: running.home })).stdout);
    expect(texts.join('')).toContain('window-45');
    expect((await wardmux(['play', recordings[0]!.id, '--raw', '--passphrase-fd', '3'], { home: running.home, passphrase })).stdout).toBe(texts[0]);
  });

  test('the ledger verifies and has no text of any pane', async () => {
    expect((await wardmux(['ledger', 'verify'], { home: running.home })).status).toBe(0);
    const text = readFileSync(join(running.home, 'ledger', 'events.jsonl'), 'utf8');
    expect(text).not.toMatch(/one-41|four-44|\bMara\b|gloves/);
    // The app runs in this process, and has had no turn since the commands above: it enters the export after the bundle has its name.
    await until(() => ledgerActions().includes('export'), 'the event of the export');
    expect(ledgerActions()).toEqual(expect.arrayContaining(['lock', 'unlock', 'unlock', 'person.keys']));
  });
});

async function waitForBundle(): Promise<string> {
  let found: string | undefined;
  await until(() => {
    const name = readdirSync(running.folder).find((entry) => entry.startsWith('wardmux-export-'));
    found = name === undefined ? undefined : join(running.folder, name);
    return found !== undefined && existsSync(join(found, 'SHA256SUMS.person.sig'));
  }, 'the bundle');
  expect(existsSync(join(root, 'dist'))).toBe(true);
  return found!;
}
