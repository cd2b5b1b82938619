/** How the app starts, and what it says when it cannot: every refusal is one sentence, and nothing is overwritten. */
import { spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_FOLDER_LENGTH } from '../../src/browser/profile.ts';
import { OWNED_SUFFIX_LENGTH, temporaryPrefixes } from '../../src/browser/owned-folder.ts';
import { commandLine, processTree } from '../../src/browser/processes.ts';
import { missingPrograms, openDisplay } from '../support/display.ts';
import { watchFrame } from '../support/frame-watch.ts';
import { installForNobody, noOtherAccount, type Installed } from '../support/other-account.ts';
import { shotFolder } from '../support/shot.ts';
import { fold } from '../../src/terminal/fold.ts';
import { auditKeyName, initialise } from './initialised.ts';
import { openRealApp } from './real-window.ts';
import { distFolder, passphrase, root, until } from './support.ts';

let folder: string;
let home: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-'));
  home = join(folder, 'home');
});
afterEach(() => {
  spawnSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true, force: true });
});

const environment = (extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: folder,
  WARDMUX_HOME: home,
  SHELL: '/bin/bash',
  LANG: 'C.UTF-8',
  TMPDIR: folder,
  ...extra,
});
const startApp = (extra: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [join(distFolder, 'start.mjs')], {
    env: environment(extra),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
const oneSentence = ({ stderr }: SpawnSyncReturns<string>): string => {
  expect(stderr).not.toMatch(/ {4}at |node:internal|Error:/);
  return stderr;
};

test('without a display and without a terminal it says what is missing and ends with 2', () => {
  const result = startApp();
  expect(result.status).toBe(2);
  expect(oneSentence(result)).toContain('no display and no terminal');
  expect(existsSync(home)).toBe(false);
});

test('without a browser it says which ones it looks for', () => {
  const result = startApp({ DISPLAY: ':99', WARDMUX_BROWSER: join(folder, 'no-such-browser') });
  expect(result.status).toBe(2);
  expect(oneSentence(result)).toContain('no-such-browser');
});

test('an Electron that cannot make its sandbox is said, with what to do, and the other host is tried', () => {
  const runtime = join(folder, 'electron');
  writeFileSync(runtime, '#!/bin/sh\necho "$@" > "$(dirname "$0")/args"; kill -TRAP $$\n');
  chmodSync(runtime, 0o755);
  const result = startApp({ DISPLAY: ':99', ELECTRON_OVERRIDE_DIST_PATH: folder, WARDMUX_BROWSER: join(folder, 'no-such-browser') });
  expect(result.status).toBe(2);
  const said = oneSentence(result);
  expect(said).toContain(`Electron (${runtime}) ended with SIGTRAP before it was open.`);
  expect(said).toContain('no-such-browser');
  expect(readFileSync(join(folder, 'args'), 'utf8').trim()).toBe(join(distFolder, 'electron.mjs'));
});

/** A number that no X server of this machine has. */
const noDisplay = ':4242';

test('a display that is not there is said, with what to do; where there is a terminal, nothing opens in it unasked', () => {
  const result = startApp({ DISPLAY: noDisplay });
  expect(result.status).toBe(2);
  const said = oneSentence(result);
  expect(said).toContain(`No window can be opened: nothing answers at the display ${noDisplay}.`);
  expect(said).toContain('in a terminal, your shell could open there instead');
  expect(said).not.toContain('open in ');
});

test('a machine that gives the browser no sandbox is said in its own words, with the package that helps', ({ skip }) => {
  const { install, node, uid, gid, remove } = nobody(skip);
  try {
    chownSync(folder, uid, gid);
    // Of namespaces of users one is left, and this is it: the browser gets none, as on a machine that lets nobody have them.
    const script = 'echo 1 > /proc/sys/user/max_user_namespaces && exec unshare -U --map-user=1000 --map-group=1000 "$@"';
    const result = spawnSync('unshare', ['-U', '-r', 'sh', '-c', script, 'sh', node, join(install, 'dist/start.mjs')], {
      env: environment({ DISPLAY: noDisplay }),
      uid,
      gid,
      cwd: '/',
      encoding: 'utf8',
      timeout: 60_000,
    });
    skip(/unshare:|max_user_namespaces/.test(result.stderr), `this machine lets nobody make namespaces: ${result.stderr.split('\n')[0]}`);
    expect(result.status).toBe(2);
    const said = oneSentence(result);
    expect(said).toContain('sudo apt-get install chromium-sandbox');
    expect(said).toContain('It said: "No usable sandbox!');
  } finally {
    remove();
  }
});

function nobody(skip: (condition: boolean, reason: string) => void): Installed {
  const why = noOtherAccount();
  skip(why !== undefined, why ?? '');
  skip(existsSync('/usr/lib/chromium/chrome-sandbox'), 'chromium-sandbox is installed: the browser has its sandbox whatever namespaces there are');
  return installForNobody();
}

describe('without a display, in a terminal', () => {
  /** Runs in a pty of `script`, types the answers, and gives back all that the terminal showed. */
  async function inTerminal(answers: readonly (readonly [RegExp, string])[], extra: NodeJS.ProcessEnv = {}): Promise<{ text: string; status: number | null }> {
    const child = spawn('script', ['-q', '-e', '-c', `stty cols 72; "${process.execPath}" "${join(distFolder, 'start.mjs')}"`, '/dev/null'], {
      env: environment({ TERM: 'xterm', ...extra }),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    let seen = 0;
    try {
      for (const [question, answer] of answers) {
        await until(() => question.test(text.slice(seen)), `${question} in: ${text}`);
        seen = text.length;
        child.stdin.write(answer);
      }
      const status = await ended;
      return { text, status };
    } finally {
      child.kill('SIGKILL');
    }
  }

  test('first run, then the shell, sealed, in the same terminal; the second time it asks for the passphrase', async () => {
    const first = await inTerminal([
      [/Your name/, 'Mara Ueda\r'],
      [/names it \[1\]: $/, '3\r'],
      [/audit key/, `${join(folder, 'audit-key.json')}\r`],
      [/Passphrase: $/, `${passphrase}\r`],
      [/again: $/, `${passphrase}\r`],
      [/[$#] $/, 'echo sealed-$((30+3))\r'],
      [/sealed-33[\s\S]*[$#] $/, 'exit\r'],
    ]);
    expect(first.text).toContain('the recording is sealed');
    expect(first.text).not.toContain(passphrase);
    expect(first.status).toBe(0);
    // Sentences are broken between words, and say the same.
    const sentence =
      'wardmux: there is no display (DISPLAY and WAYLAND_DISPLAY are empty), so your shell opens here, in this terminal, sealed into a recording.';
    expect(first.text).toContain(fold(sentence, 72).replaceAll('\n', '\r\n'));
    expect(JSON.parse(readFileSync(join(home, 'policy.json'), 'utf8'))).toMatchObject({ workstation: { class: 'it-office' } });
    const [id] = readdirSync(join(home, 'recordings'));
    const played = spawnSync(join(root, 'bin', 'wardmux'), ['play', id!, '--raw', '--key', join(folder, 'audit-key.json')], {
      env: environment(),
      encoding: 'utf8',
    });
    expect(played.stdout).toContain('sealed-33');

    const wrong = await inTerminal([
      [/Passphrase of Mara Ueda: $/, 'not this one, not at all\r'],
      [/Passphrase of Mara Ueda: $/, `${passphrase}\r`],
      [/[$#] $/, 'exit\r'],
    ]);
    expect(wrong.status).toBe(0);
    expect(readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')).toMatch(/"action":"unlock"[^\n]*"outcome":"failure"/);

    // A display that is not there: the terminal is offered, and taken only by a yes.
    const refused = await inTerminal([[/\[y\/N\] $/, '\r']], { DISPLAY: noDisplay });
    expect(refused.status).toBe(2);
    expect(refused.text).toContain(`nothing answers at the display ${noDisplay}`);
    const taken = await inTerminal(
      [
        [/\[y\/N\] $/, 'y\r'],
        [/Passphrase of Mara Ueda: $/, `${passphrase}\r`],
        [/[$#] $/, 'exit\r'],
      ],
      { DISPLAY: noDisplay },
    );
    expect(taken.status).toBe(0);
  });
});

describe('what is damaged stays as it is, and is named', () => {
  beforeEach(() => initialise(folder));

  test.each([
    ['installation.json', '{}'],
    [
      'ledger/events.jsonl',
      '{"seq":0,"time":"2026-01-01T00:00:00.000Z","monoUs":null,"installation":"w-000000000000","action":"app.start","aal":null,"credential":null,"detail":{"version":"0.1.0"}}\n',
    ],
  ])('%s', (name, content) => {
    const path = join(home, name);
    writeFileSync(path, content);
    const result = startApp({ DISPLAY: ':99' });
    expect(result.status).not.toBe(0);
    expect(oneSentence(result)).toContain(path);
    expect(readFileSync(path, 'utf8')).toBe(content);
    const listed = spawnSync(join(root, 'bin', 'wardmux'), ['record', '--', 'true'], { env: environment(), encoding: 'utf8' });
    expect(listed.status).not.toBe(0);
    expect(listed.stderr).toContain(path);
    expect(readFileSync(path, 'utf8')).toBe(content);
  });

  test.each(['{"format":"wardmux-policy"}', 'not json at all', undefined])(
    'policy.json that is %s: the last good one stays in force, and it is said',
    (content) => {
      const path = join(home, 'policy.json');
      if (content === undefined) rmSync(path);
      else writeFileSync(path, content);
      const recorded = spawnSync(join(root, 'bin', 'wardmux'), ['record', '--', 'true'], { env: environment(), encoding: 'utf8' });
      expect(recorded.status).toBe(0);
      expect(recorded.stderr).toContain(path);
      expect(recorded.stderr).toContain('stays the one before');
      expect(existsSync(path) ? readFileSync(path, 'utf8') : undefined).toBe(content);
      expect(readFileSync(join(home, 'ledger', 'events.jsonl'), 'utf8')).toContain(
        `"action":"policy.refused","aal":null,"credential":null,"detail":{"reason":"${content === undefined ? 'missing' : 'malformed'}"`,
      );
      // Nothing is accepted that cannot be read; and where the bytes of the policy in force are nowhere, nothing is recorded.
      for (const name of readdirSync(join(home, 'policies'))) rmSync(join(home, 'policies', name));
      const refused = spawnSync(join(root, 'bin', 'wardmux'), ['record', '--', 'true'], { env: environment(), encoding: 'utf8' });
      expect(refused.status).toBe(125);
      expect(refused.stderr).toContain('Restore one of them from a backup');
    },
  );

  test('a data folder that others can write is refused with the command that mends it', () => {
    chmodSync(home, 0o777);
    const result = startApp({ DISPLAY: ':99' });
    expect(result.status).not.toBe(0);
    expect(oneSentence(result)).toContain('chmod 700');
  });

  test('a data folder that is a file', () => {
    rmSync(home, { recursive: true });
    writeFileSync(home, 'x');
    const result = startApp({ DISPLAY: ':99' });
    expect(result.status).not.toBe(0);
    expect(oneSentence(result)).toContain(home);
    expect(readFileSync(home, 'utf8')).toBe('x');
  });

  test('an unreadable recovery file', () => {
    const recorded = spawnSync(join(root, 'bin', 'wardmux'), ['record', '--', 'true'], { env: environment(), encoding: 'utf8' });
    expect(recorded.status).toBe(0);
    const [id] = readdirSync(join(home, 'recordings'));
    const key = join(folder, auditKeyName);
    for (const content of ['', '{}', 'garbage', readFileSync(key, 'utf8').replace(/"d":\s*"..../, '"d":"AAAA')]) {
      const bad = join(folder, 'bad-key.json');
      writeFileSync(bad, content);
      const played = spawnSync(join(root, 'bin', 'wardmux'), ['play', id!, '--raw', '--key', bad], { env: environment(), encoding: 'utf8' });
      expect(played.status).not.toBe(0);
      expect(oneSentence(played)).toContain(bad);
    }
  });
});

const windowsOf = (property: string): string[] => property.match(/0x[0-9a-f]+/g) ?? [];

const ours = 'WM_NAME(UTF8_STRING) = "Wardmux"\n';
/**
 * What the browser puts there for a moment where the machine is so busy that it has not read a page's head 200 ms after it came: the address
 * of the lock, of the workspace, or of the page with nothing in it. None of them says anything of a person.
 */
const ownAddress =
  /^WM_NAME\(UTF8_STRING\) = "(wardmux\.localhost\/(lock|workspace)\.html|data:text\/html;charset=utf-8,<!doctype html><title>Wardmux<%2Ftitle><style>html\S*)"$/;

/** What a page that nobody has painted looks like, and ours in light. */
const bright = [0xffffff, 0xf6f5f4, 0xfbf7f1];

const missing = missingPrograms('Xvfb', 'xdotool');
describe('in a real window', () => {
  beforeEach(({ skip }) => skip(missing.length > 0, `not installed: ${missing.join(', ')}`));

  test('a second start brings the window back and ends; wardmux lock locks; ctrl-c ends everything in good order', async () => {
    const app = await openRealApp();
    try {
      const again = startApp({ DISPLAY: app.display.name, WARDMUX_HOME: app.home, HOME: app.folder });
      expect(again.status).toBe(3);
      expect(oneSentence(again)).toContain('already running');
      // Which browser it opened in says the one that has opened one, once it has.
      expect(oneSentence(again)).not.toContain('open in ');
      await until(() => app.said().includes('open in '), 'the sentence about the browser');
      await app.unlock();
      app.wardmux('lock');
      expect(app.status().state).toBe('locked');
      await app.unlock();
    } finally {
      const log = join(app.home, 'ledger', 'events.jsonl');
      const ended = new Promise((resolve) => app.child.once('exit', resolve));
      app.child.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(readFileSync(log, 'utf8')).toMatch(/"action":"app.stop"/);
      expect(app.wardmux('list')).not.toMatch(/interrupted|live/);
      app.display.stop();
      rmSync(app.folder, { recursive: true, force: true });
    }
  });

  test('the window has our name from the first moment on, in dark it is not bright in between, and a second start brings it to the front', async ({ skip }) => {
    const more = missingPrograms('xprop', 'openbox', 'wmctrl', 'display');
    skip(more.length > 0, `not installed: ${more.join(', ')}`);
    initialise(folder);
    writeFileSync(join(home, 'display.json'), JSON.stringify({ theme: 'dark', cell: 'auto', contrast: false, motion: true }));
    const display = await openDisplay();
    const env = environment({ DISPLAY: display.name });
    const xprop = (...args: string[]): string => spawnSync('xprop', args, { env, encoding: 'utf8' }).stdout;
    await display.manageWindows();
    const watch = watchFrame(display, bright);
    const app = await openRealApp({ on: { display, home, folder } });
    let spy: ChildProcess | undefined;
    try {
      await until(
        async () => windowsOf(xprop('-root', '_NET_CLIENT_LIST')).length === 1 && (await app.facts()).state === 'locked',
        'the window at its lock page',
      );
      const [id] = windowsOf(xprop('-root', '_NET_CLIENT_LIST'));
      expect(xprop('-id', id!, 'WM_CLASS')).toBe('WM_CLASS(STRING) = "wardmux", "Wardmux"\n');
      spy = spawn('xprop', ['-id', id!, '-spy', 'WM_NAME'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
      let names = '';
      spy.stdout!.on('data', (chunk: Buffer) => (names += chunk.toString()));
      for (let i = 0; i < 2; i++) {
        await app.unlock();
        app.wardmux('lock');
      }
      await app.unlock();
      await until(() => xprop('-id', id!, 'WM_NAME') === ours, 'our name in the end');
      const others = names.split('\n').filter((line) => line !== '' && `${line}\n` !== ours);
      expect(others.filter((line) => !ownAddress.test(line))).toEqual([]);
      // A single picture of a new renderer may be white; the window was so for most of a second at each unlock.
      expect(watch.looks()).toBeGreaterThan(1000);
      expect(watch.seen() / watch.looks()).toBeLessThan(0.05);

      const active = (): string => xprop('-root', '_NET_ACTIVE_WINDOW');
      const other = spawn('display', ['-size', '300x200', 'xc:gray'], { env, stdio: 'ignore' });
      await until(() => windowsOf(xprop('-root', '_NET_CLIENT_LIST')).length === 2 && !active().includes(id!), 'another window in front');
      for (const minimize of [false, true]) {
        if (minimize) display.xdotool('windowminimize', id!);
        const second = startApp({ DISPLAY: display.name });
        expect([second.status, oneSentence(second)]).toEqual([3, expect.stringContaining('its window is open, and unlocked') as string]);
        await until(() => active().includes(id!), `the window in front${minimize ? ', which was minimized' : ''}`);
        display.xdotool(
          'windowactivate',
          windowsOf(xprop('-root', '_NET_CLIENT_LIST')).find((window) => window !== id)!,
        );
        await until(() => !active().includes(id!), 'the other window in front');
      }
      other.kill();
    } finally {
      spy?.kill();
      await watch.stop();
      await app.stop();
    }
  });

  test('a socket that is taken away all the time: no second app, no false word about the first one, and the lock as soon as it can be asked', async () => {
    const app = await openRealApp();
    const env = { ...process.env, WARDMUX_HOME: app.home, HOME: app.folder, TMPDIR: app.folder };
    const lock = (): SpawnSyncReturns<string> => spawnSync(join(root, 'bin', 'wardmux'), ['lock'], { env, encoding: 'utf8' });
    const socket = join(app.home, 'run', 'wardmux.sock');
    await app.unlock();
    // As soon as it is there, and without a core of its own: on a busy machine a loop comes late, and the command comes through.
    const take = "const { rmSync, watch } = require('node:fs'); const take = () => rmSync(process.argv[1], { force: true });";
    const thief = spawn(process.execPath, ['-e', `${take} watch(require('node:path').dirname(process.argv[1]), take); take();`, socket], { stdio: 'ignore' });
    try {
      await until(() => !existsSync(socket), 'the socket to be gone');
      // It is back for a moment each second: who asks in that moment is answered, and truly.
      let asked = lock();
      while (asked.status === 0) {
        expect(asked.stderr).toBe('Locked.\n');
        asked = lock();
      }
      expect(asked).toMatchObject({ status: 62, stderr: expect.stringContaining('cannot be asked') as string });
      const second = startApp({ DISPLAY: app.display.name, WARDMUX_HOME: app.home, HOME: app.folder });
      expect([second.status, oneSentence(second)]).toEqual([3, expect.stringContaining('already running')]);
      thief.kill('SIGKILL');
      await until(() => existsSync(socket), 'the socket to be back');
      expect(lock()).toMatchObject({ status: 0, stderr: 'Locked.\n' });
      expect(app.status().state).toBe('locked');
      const events = readFileSync(join(app.home, 'ledger', 'events.jsonl'), 'utf8');
      expect(events.split('"action":"app.start"').length - 1).toBe(1);
      expect(events).toContain('"code":"moved"');
    } finally {
      thief.kill('SIGKILL');
      await app.stop();
    }
  });

  test('the browser is ended with a live shell: the shell runs on, and a second start brings the window back behind the lock', async () => {
    const app = await openRealApp();
    try {
      await app.unlock();
      await app.run('KEPT=kept-$((40+5))');
      // As at the end of a desktop session: every program is asked to end.
      const browser = processTree(app.child.pid!).find((pid) => commandLine(pid).includes('--remote-debugging-pipe'))!;
      process.kill(browser, 'SIGTERM');
      await until(() => app.said().includes('1 shell(s) run on'), 'the sentence about the closed window');
      expect(app.status()).toMatchObject({ state: 'locked', shells: 1, window: false });
      const again = startApp({ DISPLAY: app.display.name, WARDMUX_HOME: app.home, HOME: app.folder });
      expect(again.status).toBe(3);
      expect(again.stderr).toContain('its window was brought back, at the lock');
      expect(app.status()).toMatchObject({ state: 'locked', shells: 1, window: true });
      await app.unlock();
      await app.run(`echo $KEPT > ${join(app.folder, 'kept')}`);
      expect(readFileSync(join(app.folder, 'kept'), 'utf8')).toBe('kept-45\n');
    } finally {
      await app.stop();
    }
  });

  test('the longest folder for temporary files that is taken holds a browser; a longer one is a sentence', async () => {
    const profile = join('/', temporaryPrefixes.chromium).length + OWNED_SUFFIX_LENGTH;
    const longest = join(folder, 't'.repeat(MAX_FOLDER_LENGTH - profile - folder.length - 1));
    mkdirSync(longest, { mode: 0o700 });
    const app = await openRealApp({ env: { TMPDIR: longest } });
    try {
      await app.unlock();
      const longer = `${longest}t`;
      mkdirSync(longer, { mode: 0o700 });
      const other = startApp({ DISPLAY: app.display.name, TMPDIR: longer, WARDMUX_HOME: join(folder, 'other') });
      expect(other.status).not.toBe(0);
      expect(oneSentence(other)).toContain('is too long');
    } finally {
      await app.stop();
    }
  });

  test('a shell that does not exist is said in its pane, with its path', async () => {
    const app = await openRealApp({ env: { SHELL: '/no/such/shell' } });
    try {
      await app.enterPassphrase();
      // The page is looked at by a person; what can be checked from outside is that the app stands, and started nothing.
      expect(app.status()).toMatchObject({ state: 'unlocked', shells: 0 });
      const folder = shotFolder();
      if (folder !== undefined) {
        // For a person's eyes alone: nothing is held to it.
        await new Promise((resolve) => setTimeout(resolve, 1500));
        app.display.screenshot(join(folder, 'missing-shell.png'));
      }
    } finally {
      await app.stop();
    }
  });
});
