/**
 * Copy mode against tmux's: the same text and the same actions give the same cursor, view and selection. tmux runs on a socket of its own, without a
 * configuration; each sequence is one call of its client.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import headless from '@xterm/headless';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_TMUX, tmuxVersion } from '../../test/support/tmux.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { CopyMode } from '../../src/mux/copy/mode.ts';
import { type CopyAction, type CopyKeys, copyRows } from '../../src/mux/keys/copy-table.ts';
import { normalizeKey } from '../../src/mux/keys/names.ts';
import { copyTable } from '../../src/mux/keys/tables.ts';
import { gridOf } from './copy-mode.ts';

const cols = 24;
const rows = 9;

const version = tmuxVersion();

let folder = '';
function tmux(...args: string[]): string {
  const { stdout, stderr, status } = spawnSync('tmux', ['-u', '-S', join(folder, 'socket'), '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' },
  });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** What both have on their screen, and above it. */
async function show(text: string): Promise<InstanceType<typeof headless.Terminal>> {
  const file = join(folder, 'text');
  writeFileSync(file, `${text}\nEND`);
  tmux('respawn-pane', '-k', '-t', 'run:0', `printf '\\033c'; tmux -S ${join(folder, 'socket')} clear-history -t run:0; cat ${file}; exec cat`);
  const terminal = new headless.Terminal({ cols, rows, allowProposedApi: true, convertEol: true, scrollback: 1000 });
  await new Promise<void>((resolve) => terminal.write(`${text}\nEND`, resolve));
  const { active } = terminal.buffer;
  const wanted = `${active.baseY} ${active.cursorX} ${active.cursorY}`;
  await waitFor(() => expect(tmux('display-message', '-p', '-t', 'run:0', '#{history_size} #{cursor_x} #{cursor_y}').trim()).toBe(wanted));
  return terminal;
}

interface Step {
  readonly action: CopyAction | 'search-forward-text' | 'search-backward-text';
  readonly count: number;
  readonly argument?: string;
}

const words = ['ward', 'bed-7', 'a', 'x_y', '/var/log/a.log', '(one', 'two)', '{', '}', '[a[b]c]', 'あい', '  ', '...', 'Ward', '--', 'f(x)'];
const line = fc.array(fc.constantFrom(...words), { maxLength: 9 }).map((parts) => parts.join(' '));
const text = fc.array(fc.oneof({ weight: 4, arbitrary: line }, { weight: 1, arbitrary: fc.constant('') }), { minLength: 4, maxLength: 30 });

/** Every action of a table that is neither the end of copy mode nor a prompt; jumps and searches come with their words. */
function stepsOf(keys: CopyKeys): fc.Arbitrary<Step> {
  const left = new Set<CopyAction>(['repeat', 'cancel', 'next-prompt', 'previous-prompt', 'scroll-middle', 'recentre-top-bottom']);
  const actions = [...new Set(copyRows.filter((row) => row.mode === keys && row.own === undefined).map(({ action }) => action))].filter(
    (action) => !left.has(action) && !/^(?:copy|append|search|jump-(?:to-)?(?:for|back)ward|goto)/.test(action),
  );
  const count = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 4 }) });
  const select = fc.constantFrom<CopyAction>('begin-selection', 'begin-selection', 'select-line', 'rectangle-toggle', 'other-end');
  return fc.oneof(
    { weight: 12, arbitrary: fc.record({ action: fc.constantFrom(...actions), count }) },
    { weight: 4, arbitrary: fc.record({ action: select, count: fc.constant(1) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        action: fc.constantFrom<CopyAction>('jump-forward', 'jump-backward', 'jump-to-forward', 'jump-to-backward'),
        count,
        argument: fc.constantFrom('a', '(', 'd', 'い', '.'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ action: fc.constant<CopyAction>('goto-line'), count: fc.constant(1), argument: fc.nat(30).map(String) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        action: fc.constantFrom<Step['action']>('search-forward-text', 'search-backward-text', 'search-again', 'search-reverse'),
        count: fc.constant(1),
        argument: fc.constantFrom('ward', 'Ward', 'one', 'い', 'nowhere', '. .'),
      }),
    },
  );
}

const format = '#{copy_cursor_x},#{copy_cursor_y} #{scroll_position}';
const END = 'END OF PLACES';

interface Seen {
  readonly step: string;
  /** Column and row of the cursor, and how many lines the view is above the end. */
  readonly at: string;
  readonly copied: string;
}

const said = ({ action, count, argument = '' }: Step): string => `${count} ${action} ${argument}`.trim();

/** Copies of this sequence have names of their own: where nothing is selected there is none. */
let sequence = 0;

function theirs(steps: readonly Step[], keys: CopyKeys): Seen[] {
  sequence += 1;
  const pane = ['-t', 'run:0'];
  const script = ['set-option', '-g', 'mode-keys', keys, ';', 'copy-mode', ...pane];
  for (const [index, { action, count, argument }] of steps.entries()) {
    const asked = argument === undefined || /^search-(?:again|reverse)$/.test(action) ? [] : [argument];
    script.push(';', 'send-keys', ...pane, '-N', String(count), '-X', action, ...asked, ';', 'display-message', '-p', ...pane, format);
    script.push(';', 'send-keys', ...pane, '-X', 'copy-selection-no-clear', `of${sequence}step${index}n`);
  }
  const [places = '', names = ''] = tmux(
    ...script,
    ';',
    'send-keys',
    ...pane,
    '-X',
    'cancel',
    ';',
    'display-message',
    '-p',
    END,
    ';',
    'list-buffers',
    '-F',
    '#{buffer_name}',
  ).split(END);
  const buffers = names.trim().split('\n');
  return places
    .trimEnd()
    .split('\n')
    .map((at, index) => {
      const name = buffers.find((each) => each.startsWith(`of${sequence}step${index}n`));
      return { step: said(steps[index]!), at, copied: name === undefined ? '' : tmux('show-buffer', '-b', name) };
    });
}

function ours(terminal: InstanceType<typeof headless.Terminal>, steps: readonly Step[], keys: CopyKeys): Seen[] {
  const { baseY, cursorX, cursorY } = terminal.buffer.active;
  const mode = new CopyMode(gridOf(terminal), keys, { x: cursorX, y: baseY + cursorY });
  let last = { term: '', caseSensitive: false, back: false };
  return steps.map((step) => {
    const { action, count, argument } = step;
    if (action.startsWith('search-')) {
      if (action.endsWith('-text')) last = { term: argument!, caseSensitive: /[A-Z]/.test(argument!), back: action === 'search-backward-text' };
      const back = action === 'search-reverse' ? !last.back : last.back;
      if (last.term) mode.search(last, back, count);
    } else {
      const told = action === 'goto-line' ? { line: Number(argument) } : argument === undefined ? {} : { character: argument };
      mode.run(action as CopyAction, { count, ...told });
    }
    const { x, y } = mode.at;
    return { step: said(step), at: `${x},${y - mode.top} ${baseY - mode.top}`, copied: mode.text };
  });
}

/** Without what is not compared, each for its reason. */
function comparable(drawn: readonly Step[], keys: CopyKeys): Step[] {
  const at = (pattern: RegExp): number => drawn.findIndex(({ action }) => pattern.test(action));
  const [searched, selected, lines] = [at(/-text$/), at(/^(?:begin-selection|select-line)$/), at(/^select-line$/)];
  return drawn.filter(({ action }, index) => {
    // What was searched before this copy mode is known to tmux's pane.
    if (/^search-(?:again|reverse)$/.test(action) && (searched < 0 || index < searched)) return false;
    // By emacs' keys tmux copies up to the begin of the hit, with the cursor behind it, until the cursor moves: here it is up to the cursor.
    if (action.startsWith('search-') && keys === 'emacs' && selected >= 0 && index > selected) return false;
    // Nobody has asked for what tmux makes of a rectangle that began as whole lines.
    return action !== 'rectangle-toggle' || lines < 0;
  });
}

/** tmux's own default keys of a table, each with the action that it stands for. */
function theirKeys(table: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const row of tmux('list-keys', '-T', table).trimEnd().split('\n')) {
    const [, key = '', command = ''] = /^bind-key\s+(?:-r\s+)?-T\s+\S+\s+(\S+)\s+(.*)$/.exec(row) ?? [];
    if (/Mouse|Wheel|Click/.test(key)) continue;
    const action = /-N ["\\]*%%/.test(command) ? 'repeat' : (/(?:-F?X|-X) ([a-z-]+)/.exec(command)?.[1] ?? command);
    const word = command.includes('copy_cursor_word') ? '-word' : '';
    const name = action
      .replace(/-incremental$/, '')
      .replace(/^copy-pipe(?=$|-and-cancel)/, 'copy-selection')
      .replace(/^copy-pipe-/, 'copy-');
    found.set(normalizeKey(key.replace(/^\\/, '').replace(/^"(.*)"$/, '$1'))!, `${name}${word}`);
  }
  return found;
}

describe(`against ${version ?? 'tmux'}`, () => {
  beforeAll(() => {
    if (!version) return;
    folder = mkdtempSync(join(tmpdir(), 'copy-'));
    tmux('new-session', '-d', '-s', 'run', '-x', String(cols), '-y', String(rows), 'exec cat', ';', 'set-option', '-g', 'status', 'off');
  });
  afterAll(() => {
    if (!folder) return;
    tmux('kill-server');
    rmSync(folder, { recursive: true, force: true });
  });

  it.for(['emacs', 'vi'] as const)('every default key of %s does here what it does there', (keys, { skip }) => {
    if (!version) skip(NO_TMUX);
    const theirsNow = theirKeys(copyTable(keys));
    const oursNow = new Map(copyRows.filter((row) => row.mode === keys).map(({ key, action }) => [key, action as string]));
    // What is read here is no copy of the text, so it cannot be out of date; and it says its place on the pane's rule.
    const left = new Set(['refresh-from-pane', 'toggle-position']);
    for (const [key, action] of theirsNow) if (!left.has(action)) expect(`${key} ${oursNow.get(key)}`).toBe(`${key} ${action}`);
    expect(theirsNow.size).toBeGreaterThan(50);
  });

  it.for(['emacs', 'vi'] as const)('the keys of %s go to the same places and copy the same', { timeout: 240_000 }, async (keys, { skip }) => {
    if (!version) skip(NO_TMUX);
    // Where vi's cursor stands at the end of a line is one of the things that later ones have changed.
    if (version !== 'tmux 3.3a') skip('copy mode is compared with tmux 3.3a, key by key');
    let compared = 0;
    let copied = 0;
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.array(fc.array(stepsOf(keys), { minLength: 4, maxLength: 12, size: 'max' }), { minLength: 6, maxLength: 6 }),
        async (written, all) => {
          const terminal = await show(written.join('\n'));
          // Where a wide character had no room at the end of a line, tmux copies a space that nobody has written.
          const grid = gridOf(terminal);
          fc.pre(!Array.from({ length: grid.lines }, (_, y) => y).some((y) => grid.goesOn(y) && grid.used(y) < cols));
          for (const drawn of all) {
            const steps = comparable(drawn, keys);
            const wanted = theirs(steps, keys);
            expect({ written, steps: ours(terminal, steps, keys) }).toEqual({ written, steps: wanted });
            compared += wanted.length;
            copied += wanted.filter((each) => each.copied !== '').length;
          }
        },
      ),
      { numRuns: 60, seed: Number(process.env['MUX_SEED'] ?? 20261129), endOnFailure: true },
    );
    expect(compared).toBeGreaterThan(1_000);
    expect(copied).toBeGreaterThan(300);
  });
});
