/** Completion in the real shells: at every place the words of the table, and no other. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missingPrograms } from '../../test/support/display.ts';
import { everyCommand, ownCommands } from './commands/index.ts';
import { windowCommands } from './window-command.ts';
import { type Place, placesOf, scripts, shells, type Shell } from './completion.ts';

let folder = '';
let places: Place[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'));
  places = placesOf(await everyCommand(), windowCommands(ownCommands));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scriptOf = (shell: Shell): string => {
  const file = join(folder, shell);
  writeFileSync(file, scripts[shell](places));
  return file;
};
const MARK = '--- next ---';
const lists = (printed: string): string[][] =>
  printed
    .split(`${MARK}\n`)
    .slice(0, -1)
    .map((each) => [...new Set(each.split('\n').filter(Boolean))].toSorted());
const wanted = (): string[][] => places.map(({ words }) => [...new Set(words.map(({ word }) => word))].toSorted());

test('the table has every command, those below it, their options, and choices where an option has some', () => {
  const of = (path: string): Place => places.find((place) => place.path === path)!;
  expect(of('').words.map(({ word }) => word)).toEqual(expect.arrayContaining(['record', 'ledger', 'completion', '--help']));
  expect(of('hold').words.map(({ word }) => word)).toEqual(expect.arrayContaining(['set', 'clear', 'list']));
  expect(of('completion').words.map(({ word }) => word)).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  expect(of('').words.map(({ word }) => word)).toEqual(expect.arrayContaining(['split-window', 'list-panes']));
  expect(of('split-window').words.map(({ word }) => word)).toEqual(expect.arrayContaining(['-h', '-t', '--passphrase-fd']));
  expect(of('hold set').values.find(([option]) => option === '--reason')?.[1].length).toBeGreaterThan(1);
  expect(new Set(places.map(({ path }) => path)).size).toBe(places.length);
});

test('bash offers at each place what the table has, and behind an option its choices', () => {
  const ask = (path: string, more = ''): string => {
    const words = `wardmux ${path} ${more}`.trim().split(/\s+/);
    return `COMP_WORDS=(${words.join(' ')} ''); COMP_CWORD=${words.length}; _wardmux; printf '%s\\n' "\${COMPREPLY[@]}"; echo '${MARK}'`;
  };
  const reason = places.find(({ path }) => path === 'hold set')!.values.find(([option]) => option === '--reason')![1];
  const script = ['source ' + scriptOf('bash'), ...places.map(({ path }) => ask(path)), ask('hold set', '--reason'), ask('hold set', '--of')].join('\n');
  const found = lists(execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }));
  expect(found.slice(0, places.length)).toEqual(wanted());
  expect(found.slice(places.length)).toEqual([[...reason].toSorted(), []]);
  expect(execFileSync('bash', ['--norc', '-c', `source ${scriptOf('bash')}; complete -p wardmux`], { encoding: 'utf8' })).toContain('_wardmux');
});

test('zsh offers the same', ({ skip }) => {
  skip(missingPrograms('zsh').length > 0, 'zsh is not installed here');
  // What the completion system would show is printed in its place.
  const stand = `_describe() { print -rl -- "\${(@)\${(P@)2}%%:*}" }\n_files() { : }\ncompadd() { shift; print -rl -- "$@" }\n`;
  const asks = places.map(({ path }) => {
    const words = `wardmux ${path}`.trim().split(' ');
    return `words=(${words.join(' ')} ''); CURRENT=${words.length + 1}; _wardmux; print -r -- '${MARK}'`;
  });
  const found = lists(execFileSync('zsh', ['-f', '-c', `${stand}source ${scriptOf('zsh')}\n${asks.join('\n')}`], { encoding: 'utf8' }));
  expect(found).toEqual(wanted());
});

test('fish offers the same', ({ skip }) => {
  skip(missingPrograms('fish').length > 0, 'fish is not installed here');
  // Options are offered where somebody has begun one.
  const asks = places.map(({ path }) => {
    const line = `wardmux ${path}`.trim();
    return `complete -C '${line} '; complete -C '${line} -'; echo '${MARK}'`;
  });
  const printed = execFileSync('fish', ['--no-config', '-c', `source ${scriptOf('fish')}\n${asks.join('\n')}`], { encoding: 'utf8', cwd: folder });
  const found = lists(printed).map((each) => [...new Set(each.map((line) => line.split('\t')[0]!))].toSorted());
  // Files of the folder stand beside them: the scripts.
  const own = new Set<string>(shells);
  const seen = found.map((each, index) => (places[index]!.path === 'completion' ? each : each.filter((word) => !own.has(word))));
  expect(seen).toEqual(wanted());
});
