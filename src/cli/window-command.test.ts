/** `wardmux CMD`: which words are commands of the window, and what is said where none can be given. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commands } from '../mux/commands/index.ts';
import { commandsFor, ownCommands } from './commands/index.ts';
import { runCli } from './program.ts';

let home: string;
beforeAll(() => void (home = mkdtempSync(join(tmpdir(), 'window-command-'))));
afterAll(() => rmSync(home, { recursive: true }));

async function run(...args: string[]): Promise<{ readonly status: number; readonly out: string; readonly said: string }> {
  let [out, said] = ['', ''];
  const status = await runCli(args, {
    env: { WARDMUX_HOME: home },
    out: async (data) => void (out += String(data)),
    talk: (line) => void (said += `${line}\n`),
    stdoutIsTerminal: false,
    now: () => 0,
    wait: async () => undefined,
  });
  return { status, out, said };
}
const named = async (...args: string[]): Promise<readonly string[]> => (await commandsFor(args)).map(({ name }) => name);

test('help: each by its name, and all of them behind those of the command line', async () => {
  const { status, out, said } = await run('split-window', '--help');
  expect([status, said]).toEqual([0, '']);
  for (const words of ['split-window [-bdfhv]', '--passphrase-fd', 'wardmux split-window']) expect(out).toContain(words);
  expect((await run('help', 'split-window')).out).toContain('split-window [-bdfhv]');
  expect((await run('send-keys', '--help')).out).toContain('It is refused');
  const whole = (await run('help')).out;
  for (const { name } of commands) expect(whole, name).toContain(name);
  expect(
    Math.max(
      ...whole
        .split('\n')
        .filter((line) => line.includes('split-window'))
        .map((line) => line.length),
    ),
  ).toBeLessThan(81);
  expect((await run('nonsense')).status).toBe(2);
});

test('a command of the window is found by its name, its alias, and by a beginning that is no other one’s', async () => {
  expect(await named('split-window', '-h')).toEqual(['split-window']);
  expect(await named('neww')).toEqual(['neww']);
  expect(await named('split')).toEqual(['split']);
  expect(await named('capture-pane', '-p')).toEqual(['capture-pane']);
  // `verify` is meant as likely as `verify-pane`, and nobody is asked for a passphrase for a slip: what is no command has all of our own, for the help.
  for (const word of ['ver', 'list-', 'nonsense']) expect(await named(word), word).toEqual(ownCommands);
});

test('a word that is the command line’s own stays it, and those that it hides only open something in the window', async () => {
  for (const name of ownCommands) expect(await named(name)).toEqual([name]);
  const hidden = commands.filter(({ name, alias }) => ownCommands.includes(name) || ownCommands.includes(alias ?? ''));
  expect(hidden.map(({ name }) => name)).toEqual(['alerts', 'audit', 'lock-server', 'policy', 'posture']);
});

test('where no app runs that is said, with its own status, and nobody is asked for a passphrase', async () => {
  expect(await run('list-windows', '-F', '#W')).toMatchObject({ status: 3, out: '', said: expect.stringContaining('No Wardmux is running') });
  // Options of ours and words of the command's own, in every form that tmux takes them in.
  for (const args of [
    ['split-window', '--person', 'ada', '--passphrase-fd=9', '-h'],
    ['rename-window', '--', '-x'],
    ['neww', '-n', 'x', ';', 'lsw'],
  ])
    expect((await run(...args)).status, args.join(' ')).toBe(3);
});

test('one that only tmux has is refused with its sentence, and one that is too long before anything is asked', async () => {
  expect(await run('capture-pane', '-p')).toMatchObject({ status: 1, out: '', said: expect.stringContaining('tmux has capture-pane, Wardmux does not.') });
  expect(await run('rename-window', 'x'.repeat(4000))).toMatchObject({ status: 1, said: expect.stringContaining('characters at most') });
});
