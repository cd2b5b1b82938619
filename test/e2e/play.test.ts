/** `wardmux play` in a real terminal: the terminal is left as it was found, and the keys of a watcher go to nobody else. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Tmux } from '../support/tmux.ts';
import { waitFor } from '../support/wait-for.ts';
import { auditKeyName, initialise } from './initialised.ts';
import { root } from './support.ts';

let folder: string;
let terminal: Tmux;
const command = join(root, 'bin', 'wardmux');
const env = (): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: folder,
  WARDMUX_HOME: join(folder, 'home'),
  SHELL: '/bin/bash',
  LANG: 'C.UTF-8',
  TMPDIR: folder,
});

/** Records what a shell prints, and gives the recording's id. */
function record(script: string): string {
  const done = spawnSync(command, ['record', '--json', '--', 'bash', '-c', script], { env: env(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  expect(done.status, done.stderr).toBe(0);
  return (JSON.parse(done.stderr.trim().split('\n').at(-1)!) as { recording: string }).recording;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wp-'));
  writeFileSync(join(folder, '.bashrc'), "PS1='ready> '\n");
  initialise(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 40, retryDelay: 100 }));
beforeEach(async () => {
  terminal = new Tmux(folder, 'bash', { env: env() });
  await terminal.sees('ready>');
});
afterEach(() => terminal.stop());

const play = (id: string, ...options: string[]): void => {
  terminal.type(`${command} play ${id} --key ${auditKeyName} ${options.join(' ')}; echo "ended $?"`);
  terminal.press('Enter');
};
/** The one that began last: two of one second have no order by their names. */
function lastRecording(): string {
  const listed = JSON.parse(spawnSync(command, ['list', '--json'], { env: env(), encoding: 'utf8' }).stdout) as { id: string; start: string }[];
  return listed.toSorted((a, b) => a.start.localeCompare(b.start)).at(-1)!.id;
}
/** Whatever of the terminal a program at the prompt would meet. */
const state = (): string =>
  terminal.ask(
    '#{alternate_on} #{cursor_flag} #{insert_flag} #{origin_flag} #{wrap_flag} #{keypad_cursor_flag} #{keypad_flag} #{mouse_any_flag} #{scroll_region_upper}-#{scroll_region_lower} #{pane_title}',
  );

const modes = String.raw`printf 'first line\n\033[?1049h\033[?25l\033[?1003h\033[?1006h\033[?1h\033=\033[2;5r\033[?6h\033[?7l\033[4h\033[41m\033]2;title\007\033(0inside\n'`;

test('the end of a replay leaves the terminal as it was found', async () => {
  const before = state();
  play(record(modes));
  await terminal.sees('ended 0');
  expect(state()).toBe(before);
});

test('what was shown stays where it was, and the prompt covers nothing', async () => {
  play(record(`printf 'one\\ntwo\\nthree\\n'`));
  await terminal.sees(/one\ntwo\nthree\nended 0\nready>/);
});

test.each([
  ['q', () => terminal.press('q')],
  ['ctrl-c', () => terminal.press('C-c')],
  // The terminal's process is a sh, which runs bash, which runs the command.
  ['SIGTERM', () => spawnSync('sh', ['-c', 'kill $(pgrep -P $(pgrep -P "$0"))', terminal.ask('#{pane_pid}')])],
])('%s in the middle leaves the terminal as it was found', async (_, stop) => {
  const id = record(`${modes}; sleep 1.5; echo too late`);
  const before = state();
  play(id);
  await waitFor(() => expect(terminal.ask('#{alternate_on}')).toBe('1'));
  stop();
  await terminal.sees(/ended \d+/);
  expect(state()).toBe(before);
});

test('keys that are typed meanwhile reach nobody', async () => {
  // So slowly that all of the keys come before its end, whatever else this machine does; the last one goes on to it.
  play(record('echo begun; sleep 1.5; echo done'), '--speed', '0.05');
  await terminal.sees('begun');
  terminal.type('touch>pwned;a');
  terminal.press('Enter', 'Up', 'F5', 'Right');
  await terminal.sees(/done\nended 0\nready>$/);
  expect(spawnSync('ls', [folder], { encoding: 'utf8' }).stdout).not.toContain('pwned');
});

test('space holds it, and an arrow goes on', async () => {
  const id = record('echo begun; sleep 1.9; echo half; sleep 1.9; echo done');
  play(id);
  await terminal.sees('begun');
  terminal.press('Space');
  // Held, it shows nothing more; five seconds on is behind its end.
  terminal.press('Right');
  await terminal.sees(/half\ndone\nended 0/);
  play(id, '--no-wait');
  // What the first one showed stands above it.
  await terminal.sees(/ended 0[\s\S]*begun\nhalf\ndone\nended 0/);
});

test('a replay that is larger than the terminal says so', async () => {
  const wide = new Tmux(spawnSync('mktemp', ['-d', join(folder, 'w-XXXX')], { encoding: 'utf8' }).stdout.trim(), `${command} record -- echo wide`, {
    env: env(),
    cols: 132,
    rows: 40,
  });
  await wide.sees('status 0');
  wide.stop();
  play(lastRecording());
  await terminal.sees(/It was recorded in 132 x 40 cells, and this\s+terminal has 80 x 24/);
});

test('a full-screen program that was recorded in a narrower terminal is drawn as it was, and the terminal is left as it was found', async () => {
  const narrow = new Tmux(
    spawnSync('mktemp', ['-d', join(folder, 'n-XXXX')], { encoding: 'utf8' }).stdout.trim(),
    String.raw`${command} record -- printf '\033[?1049h\033[2J\033[H%039d-b\rb / end\033[?1049l%039d-b\rb / after\n'`,
    { env: env(), cols: 40, rows: 10 },
  );
  await narrow.sees('status 0');
  narrow.stop();
  const before = state();
  play(lastRecording());
  await terminal.sees(/its own size\.\n0{39}-\nb \/ after\nended 0\nready>/);
  expect(state()).toBe(before);
});
