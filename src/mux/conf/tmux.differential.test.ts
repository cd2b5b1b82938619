/**
 * The same text to tmux and to us: words come out alike, a configuration leaves the same options and keys, and what tmux cannot read we cannot. tmux runs
 * on a socket of its own in a temporary folder.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_TMUX, tmuxVersion } from '../../../test/support/tmux.ts';
import { parseLine } from '../commands/lexer.ts';
import { bindings } from '../keys/tables.ts';
import { findOption, showOption } from '../options.ts';
import { createState } from '../state/model.ts';
import { parseSyntax } from '../syntax/parse.ts';
import { takeConf } from './take.ts';

const version = tmuxVersion();

let folder = '';
/** Another server for each configuration: one that ends still answers for a moment. */
let socket = 0;
const variables = { PATH: process.env['PATH'], LANG: 'C.UTF-8', NAME: 'a value', HOME: '/home/ada' };
function tmux(...args: string[]): { readonly status: number | null; readonly out: string } {
  const { status, stdout } = spawnSync('tmux', ['-u', '-S', join(folder, `socket-${socket}`), '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: variables,
  });
  return { status, out: stdout };
}
const file = (text: string): string => {
  const path = join(folder, 'conf');
  writeFileSync(path, text);
  return path;
};
const surroundings = { variables, home: '/home/ada', host: 'desk' };
const world = { ...surroundings, holds: () => true };

describe(`against ${version ?? 'tmux'}`, () => {
  beforeAll(() => {
    if (!version) return;
    folder = mkdtempSync(join(tmpdir(), 'conf-'));
    tmux('new-session', '-d', '-s', 'keep', 'exec cat');
  });
  afterAll(() => {
    if (!folder) return;
    tmux('kill-server');
    rmSync(folder, { recursive: true, force: true });
  });

  it('reads words as it does', ({ skip }) => {
    if (!version) skip(NO_TMUX);
    const piece = fc.constantFrom(
      ...[
        'a',
        'B',
        '1',
        ' ',
        "'",
        "'",
        '"',
        '"',
        '\\',
        '\\\\',
        '\\n',
        '\\t',
        '\\s',
        '\\101',
        '\\u00e4',
        '\\"',
        "\\'",
        '\\;',
        '$NAME',
        '${NAME}',
        '$',
        '$9',
        '~',
        '/x',
        '#',
        '#{a}',
        '%',
        '{',
        '=',
        '\\\n',
        '\n',
        '\n  ',
        '\n#c\n',
        'ä',
        '-',
      ],
    );
    let compared = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 7 }), (parts) => {
        const text = `set -g @word x${parts.join('')}\n`;
        const ours = parseSyntax(text, world);
        tmux('set', '-gu', '@word');
        const { status } = tmux('source-file', file(text));
        if (!ours.ok) {
          // A quote that is never closed is the rest of the file there.
          if (ours.sentence.includes('quote')) return;
          refused += 1;
          expect({ text, status }).toEqual({ text, status: 1 });
          return;
        }
        const [words] = ours.commands.map((command) => command.words);
        if (ours.commands.length > 1 || words?.length !== 4) return;
        compared += 1;
        expect({ text, word: tmux('show', '-gv', '@word').out.replace(/\n$/, '') }).toEqual({ text, word: words[3] });
      }),
      { numRuns: 300, seed: Number(process.env['MUX_SEED'] ?? 20261129) },
    );
    expect(compared).toBeGreaterThan(60);
    expect(refused).toBeGreaterThan(3);
  }, 120_000);

  it('leaves the same options and keys behind a configuration', ({ skip }) => {
    if (!version) skip(NO_TMUX);
    const option = fc.oneof(
      fc.tuple(
        fc.constantFrom('base-index', 'pane-base-index', 'repeat-time', 'main-pane-width', 'main-pane-height', 'history-limit'),
        fc.integer({ min: 10, max: 90 }),
      ),
      fc.tuple(fc.constantFrom('mouse', 'monitor-activity', 'monitor-bell'), fc.constantFrom('on', 'off')),
      fc.tuple(fc.constant('mode-keys'), fc.constantFrom('vi', 'emacs')),
      fc.tuple(fc.constantFrom('prefix', 'prefix2'), fc.constantFrom('C-a', 'C-z', 'M-x', 'F5')),
    );
    const key = fc.constantFrom('C-x', 'M-Up', 'F7', 'C-o', 'M-1', 'M-n');
    const line = fc.constantFrom(
      'split-window -h',
      'select-pane -L',
      'resize-pane -R 5',
      'kill-pane',
      'select-layout tiled',
      'next-window \\; last-pane',
      '{ next-window ; last-pane }',
      "confirm-before -p 'is it?' kill-window",
    );
    const statement = fc.oneof(
      option.map(([name, value]) => `set -g ${name} ${value}`),
      fc.tuple(fc.constantFrom('', '-n ', '-r '), key, line).map(([how, name, does]) => `bind ${how}${name} ${does}`),
      fc.tuple(fc.constantFrom('', '-n '), key).map(([how, name]) => `unbind ${how}${name}`),
      fc.constantFrom(
        '# nothing',
        '',
        '%if #{==:a,b}\nset -g base-index 5\n%else\nset -g base-index 6\n%endif',
        'set -g \\\n  base-index 7',
        'set -gu base-index',
      ),
    );
    const asked = [
      'base-index',
      'pane-base-index',
      'repeat-time',
      'main-pane-width',
      'main-pane-height',
      'mouse',
      'monitor-activity',
      'monitor-bell',
      'mode-keys',
      'prefix',
      'prefix2',
      'history-limit',
    ];
    const names = ['C-x', 'M-Up', 'F7', 'C-o', 'M-1'];
    /** Where nothing is set ours has another default: both begin with this. */
    const same = 'set -g base-index 0\nset -g pane-base-index 0\nset -g mouse off\nset -g history-limit 2000\nset -g mode-keys emacs\nset -g prefix2 None\n';
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 12 }), (statements) => {
        const text = same + statements.join('\n');
        const report = takeConf(createState({ cols: 80, rows: 24 }), text, surroundings, { program: 'sh', refused: () => undefined });
        if (!report.ok) throw new Error(report.sentence);
        expect(report.rows.filter(({ verdict }) => verdict !== 'taken')).toEqual(report.rows.filter(({ why }) => why?.startsWith('The condition')));
        tmux('kill-server');
        socket += 1;
        tmux('new-session', '-d', 'exec cat', ';', 'source-file', file(text));
        const { options, keys } = report.state.client;
        const ours = asked.map((name) => {
          const row = findOption(name);
          return row.ok ? showOption(options, row.value) : name;
        });
        const theirs = tmux(...asked.flatMap((name) => ['show', /^(?:pane-base|main|monitor|mode)/.test(name) ? '-gw' : '-g', name, ';'])).out;
        expect(`${ours.join('\n')}\n`).toBe(theirs);
        const bound = bindings(keys);
        for (const table of ['prefix', 'root'] as const) {
          const lines = tmux('list-keys', '-T', table).out.split('\n');
          for (const name of names) {
            const their = lines.map((each) => new RegExp(`^bind-key\\s+(-r\\s+)?-T ${table}\\s+${name}\\s+(.*)$`).exec(each)).find((found) => found);
            const our = bound.find((row) => row.table === table && row.key === name);
            const read = (given: string | undefined): unknown => (given === undefined ? undefined : parseLine(given.replaceAll('\\;', ';')));
            expect({ name, table, does: read(our?.line), repeat: our?.repeat ?? false }).toEqual({
              name,
              table,
              does: read(their?.[2]),
              repeat: their?.[1] !== undefined,
            });
          }
        }
      }),
      { numRuns: 40, seed: Number(process.env['MUX_SEED'] ?? 20261129) },
    );
  }, 120_000);
});
