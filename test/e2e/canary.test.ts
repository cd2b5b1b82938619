/**
 * The canary: secrets that were shown in a pane, typed at a password prompt, and the passphrase itself are in no process
 * of the app 2 s after the lock, and never on its disk. The shipped app runs in a real window and is used from outside,
 * so that nothing of the test is in its memory.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { missingPrograms, readIfThere } from '../support/display.ts';
import { ownProcesses, scanProcesses, secretForms, type Scan } from '../support/memory-scan.ts';
import { asAdmin, enrolOther } from './as-admin.ts';
import { initialise } from './initialised.ts';
import { openRealApp, type RealApp } from './real-window.ts';
import { comeIn, passphrase, prompt, run, start, until, type Running } from './support.ts';

const missing = missingPrograms('Xvfb', 'xdotool', 'xclip');
const secret = (): string => randomBytes(12).toString('hex');
const [shown, typed, waiting, wrong, left, more] = [secret(), secret(), secret(), secret(), secret(), secret()];
function* filesOf(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else if (entry.isFile()) yield path;
  }
}

/** Files of the app that hold one of the secrets, in any form. */
function onDisk(folder: string, except: readonly string[]): string[] {
  const forms = [shown, typed, waiting, wrong, left, more, passphrase].flatMap((text) => secretForms(text).map(({ bytes }) => bytes));
  return [...filesOf(folder)].filter((path) => {
    if (except.includes(path) || statSync(path).size > 512 * 1024 * 1024) return false;
    const content = readFileSync(path);
    return forms.some((form) => content.includes(form));
  });
}

describe('the canary', () => {
  let app: RealApp;
  let file: string;

  beforeEach(({ skip }) => {
    skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
    skip(process.platform === 'linux' && process.getuid?.() !== 0, 'only root may read the memory of our processes (test/e2e/processes.test.ts)');
  });
  beforeAll(async () => {
    if (missing.length > 0) return;
    app = await openRealApp();
    file = join(app.folder, 'shown.txt');
    writeFileSync(file, `${`${shown}\n`.repeat(200)}`);
    await app.unlock();
    await app.run(`cat ${file}`);
    await app.run(`cat ${file}`);
    const mark = join(app.folder, 'password-read');
    const asked = join(app.folder, 'password-asked');
    app.display.type(`touch ${asked}; read -s WORD; touch ${mark}\n`);
    await until(() => statSync(asked, { throwIfNoEntry: false }) !== undefined, 'the password prompt');
    app.display.type(`${typed}\n`);
    await until(() => statSync(mark, { throwIfNoEntry: false }) !== undefined, 'the password to be read');
    await app.run('clear; unset WORD; history -c');
  });
  afterAll(() => app?.stop());

  test('while unlocked the scanner does find what is shown: it can see', () => {
    expect(scanProcesses(ownProcesses(app.child.pid!), shown).hits.length).toBeGreaterThan(0);
  });

  /** Where the words are found in the app's processes, each with the kind of its process. */
  const found = (words: Readonly<Record<string, string>>, kind = /./): Record<string, Scan['hits']> => {
    const pids = ownProcesses(app.child.pid!);
    const hits: Record<string, Scan['hits']> = {};
    for (const [name, text] of Object.entries(words)) {
      const scan = scanProcesses(pids, text);
      expect(scan.unreadable).toEqual([]);
      expect(scan.scanned.length).toBeGreaterThanOrEqual(4);
      const here = scan.hits.filter((hit) => kind.test(hit.name));
      if (here.length > 0) hits[name] = here;
    }
    return hits;
  };
  /** In the page's process: all of them together take seconds to read. */
  const isShown = (text: string): boolean => {
    const pages = ownProcesses(app.child.pid!).filter((pid) => (readIfThere(`/proc/${pid}/cmdline`) ?? '').includes('--type=renderer'));
    return scanProcesses(pages, text).hits.length > 0;
  };
  /** The browser's own process, which no lock ends; those of its kinds have another word in their name. */
  const browser = /^(chromium|chrome|msedge)$/;

  /** There alone: it is asked again and again. */
  const inBrowser = (text: string): boolean => {
    const pids = ownProcesses(app.child.pid!).filter((pid) => {
      const name = readIfThere(`/proc/${pid}/comm`)?.trim() ?? '';
      return browser.test(name) && !(readIfThere(`/proc/${pid}/cmdline`) ?? '').includes('--type=');
    });
    expect(pids.length).toBeGreaterThan(0);
    return scanProcesses(pids, text).hits.length > 0;
  };

  /** At the lock page, which may be a moment late with its field: typed anew until the browser has it. */
  const typeAtLock = (text: string, word: string): Promise<void> =>
    until(
      async () => {
        app.display.key('ctrl+a');
        app.display.type(text);
        await until(() => inBrowser(word), 'it', 4000);
        return true;
      },
      'what is typed to be in the browser’s own process',
      60_000,
    );

  test('while a passphrase is known to the vault, the browser’s own process does not have it', () => {
    expect(found({ passphrase }, browser)).toEqual({});
  });

  test('2 s after the lock nothing is left in any process of the app, nor what stood at the prompt and was not entered', async () => {
    app.display.type(`: ${waiting}`);
    await until(() => isShown(waiting), 'what stands at the prompt to be shown');
    app.wardmux('lock');
    expect(app.status().state).toBe('locked');
    // The time that is stated: so long after a lock its memory may still be on its way back to the system.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(found({ shown, typed, waiting, passphrase })).toEqual({});
  });

  test('what was tried at the lock leaves the browser’s own process, though the page stands on', async () => {
    if (app.status().state === 'unlocked') app.wardmux('lock');
    await app.lockPage();
    // Something before it: a browser that only forgets where its text began would leave the rest.
    await typeAtLock(`before ${wrong}`, wrong);
    app.display.key('Return');
    const failed = (): boolean => readFileSync(join(app.home, 'ledger', 'events.jsonl'), 'utf8').includes('"reason":"wrong-passphrase"');
    await until(failed, 'the refusal', 30_000);
    await until(() => !inBrowser(wrong), 'what was typed to be gone from there', 15_000);
    expect(app.status().state).toBe('locked');
  });

  test('what is typed at the lock and not sent is in no selection, nor in the browser’s own process once it is unlocked', async () => {
    await typeAtLock(left, left);
    app.display.key('ctrl+a');
    // Once what is typed behind it is in the browser, all of it was selected before.
    app.display.key('End');
    app.display.type(more);
    await until(() => inBrowser(more), 'what is typed behind it to be in the browser’s own process');
    const env = { ...process.env, DISPLAY: app.display.name };
    const { stdout } = spawnSync('xclip', ['-o', '-selection', 'primary'], { env, encoding: 'utf8', timeout: 5000 });
    expect(stdout).not.toContain(left);
    await app.unlock();
    expect(found({ left, more, passphrase }, browser)).toEqual({});
  });

  test('nothing of it is on the disk: data folder, profile, temporary files', () => {
    expect(onDisk(app.folder, [file])).toEqual([]);
  });
});

describe('the canary of two people', () => {
  const [maras, jos] = [secret(), secret()];
  const joWords = 'marble canyon drizzle hammock violet';
  let running: Running | undefined;
  afterAll(async () => {
    await running?.stop();
    running?.remove();
  });

  beforeEach(({ skip }) => {
    skip(process.platform === 'linux' && process.getuid?.() !== 0, 'only root may read the memory of our processes (test/e2e/processes.test.ts)');
  });

  /** Main is this process here, which knows both; every other process of the app is looked at. */
  const has = (text: string): string[] => {
    const { app, host } = running!;
    const roots = [app.processes.pty, app.processes.vault, host.browserPid].flatMap((pid) => pid ?? []);
    const { hits, scanned } = scanProcesses([...new Set(roots.flatMap(ownProcesses))], text);
    expect(scanned.length).toBeGreaterThanOrEqual(roots.length);
    return hits.map(({ name }) => name);
  };
  /** Nobody is quicker than this (ms); as after every lock. */
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2000));

  test('parked, while the other one works, and logged off: what one of them saw is in no process, and what the other sees is theirs alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
    initialise(folder);
    await asAdmin(join(folder, 'home'), 0, passphrase, (parts) => enrolOther(parts, 'Jo Varga', joWords, ['operator']));
    for (const [name, text] of [
      ['maras', maras],
      ['jos', jos],
    ] as const)
      writeFileSync(join(folder, name), `${text}\n`.repeat(200));
    running = await start({ folder });
    const entersAs = async (name: string, words: string): Promise<void> => {
      await comeIn(running!, name, words);
      await prompt(running!);
    };
    await entersAs('Mara Ueda', passphrase);
    await run(running, `cat ${folder}/maras; echo end-$((40+2))`, 'end-42');
    expect(has(maras).length).toBeGreaterThan(0);
    await running.app.lock('hotkey');
    await settled();
    expect({ locked: has(maras) }).toEqual({ locked: [] });

    await entersAs('jo varga', joWords);
    await run(running, `cat ${folder}/jos; echo end-$((40+3))`, 'end-43');
    expect({ parked: has(maras) }).toEqual({ parked: [] });
    expect(has(jos).length).toBeGreaterThan(0);
    await running.app.lock('hotkey');
    await settled();
    expect({ parked: has(maras), locked: has(jos) }).toEqual({ parked: [], locked: [] });

    // Longer than both times of the policy: nobody has a shell any more.
    for (let minutes = 0; minutes < 61; minutes += 30.5) {
      running.clock.advance(30.5 * 60_000);
      await running.app.tick();
    }
    await until(() => running!.app.processes.pty === undefined, 'the end of the process of the shells');
    expect({ maras: has(maras), jos: has(jos) }).toEqual({ maras: [], jos: [] });
  });
});
