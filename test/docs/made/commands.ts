/** docs/commands.md and docs/keys.md, made from the tables of src/mux: what they say cannot differ from what runs. */
import { commands } from '../../../src/mux/commands/index.ts';
import { usage } from '../../../src/mux/commands/command.ts';
import { copyActions, copyRows } from '../../../src/mux/keys/copy-table.ts';
import { keyLabel } from '../../../src/mux/keys/names.ts';
import { type KeyRow, copyKey, groups, keyRows } from '../../../src/mux/keys/table.ts';
import { optionRows } from '../../../src/mux/options.ts';

const made = '<!-- Made from the tables in src/mux by test/docs/made.test.ts. Change the tables, not this file. -->';

/** Text of docs/commands.md. */
export function commandsDocument(): string {
  const sections = commands.map((command) => {
    const names = [command.alias === undefined ? undefined : `Alias: \`${command.alias}\`.`, command.own ? 'Not in tmux.' : undefined].filter(
      (part) => part !== undefined,
    );
    return [
      `### ${command.name}`,
      `\`\`\`text\n${usage(command)}\n\`\`\``,
      [command.help, ...names].join(' '),
      `\`\`\`text\n${command.examples.join('\n')}\n\`\`\``,
    ].join('\n\n');
  });
  const options = optionRows.map((row) => [
    `\`${row.name}\``,
    String(row.default === true ? 'on' : row.default === false ? 'off' : row.default),
    rangeOf(row),
    row.help,
  ]);
  return [
    '# Commands',
    made,
    'Type them after the prefix and `:`, or give them to the running, unlocked app as `wardmux CMD`, which asks for your passphrase ([differences.md](differences.md)). The syntax is that of tmux: quotes, `;` between commands, names shortened as far as they stay clear, and aliases.',
    'Formats (`-F`, `display-message`) are tmux’s, with conditions and comparisons, over the names of sessions, windows and panes, their numbers, sizes, places and flags. What has no value here stands for nothing.',
    'Targets: `:2` a window by number, `.1` a pane by number, `:2.1` both, `%5` and `@3` by id, `{last}` or `!`, `{marked}` or `~` (in quotes at the prompt), `+` and `-` the next and the previous, `{up-of}`, `{down-of}`, `{left-of}`, `{right-of}`, or a name or its beginning. Panes count from 1.',
    'Sizes of panes are in cells of the window and include the title row and the padding of two columns on each side. `$VARIABLE` and `~` are refused, because nothing here reads your environment; `source-file` alone knows `~`.',
    ...sections,
    '## Options',
    'Set one with `set-option NAME VALUE`. It lasts until Wardmux ends; one that a file has set comes back with the next start ([differences.md](differences.md#your-own-tmuxconf)).',
    table(['Option', 'Default', 'Values', 'Meaning'], options),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** Text of docs/keys.md. */
export function keysDocument(): string {
  const keys = (rows: readonly KeyRow[]): string =>
    table(
      ['Key', 'Does', 'Command', 'Note'],
      rows.map((row) => [
        codeCell(keyLabel(row.key)),
        row.label,
        codeCell(row.line),
        [row.repeat ? 'repeats' : '', row.own ? 'Wardmux only' : ''].filter((word) => word !== '').join(', '),
      ]),
    );
  const prefix = keyRows.filter((row) => row.table === 'prefix');
  return [
    '# Keys',
    made,
    'Press the prefix, `ctrl-b`, then the key. A key that repeats works again without the prefix for half a second. Keys that tmux has mean what they mean in tmux; Wardmux puts its own on keys that tmux leaves free.',
    ...groups.flatMap((group) => {
      const rows = prefix.filter((row) => row.group === group);
      return rows.length > 0 ? [`## ${group}`, keys(rows)] : [];
    }),
    '## Without the prefix',
    keys(keyRows.filter((row) => row.table === 'root')),
    `\`${keyLabel(copyKey.key)}\` copies what is selected with the mouse.`,
    '## Copy mode',
    'Prefix `[` gives the keyboard to the scrollback. The option `mode-keys` chooses between the keys of emacs, the default as in tmux, and those of vi. A number before a key does it so many times: in the keys of vi its digits, in those of emacs the first with alt. What is copied is pasted with prefix `]`, and goes to the clipboard. While a search is typed, Enter accepts it: the hit stays marked, and `n` and `N` walk on.',
    ...(['emacs', 'vi'] as const).flatMap((mode) => [
      `### ${mode}`,
      table(
        ['Key', 'Does', 'Action', 'Note'],
        copyRows
          .filter((row) => row.mode === mode)
          .map((row) => [codeCell(keyLabel(row.key)), copyActions[row.action], codeCell(row.action), row.own ? 'Wardmux only' : '']),
      ),
    ]),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

/** A table as prettier writes it: cells padded to the width of their column. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function rangeOf(row: (typeof optionRows)[number]): string {
  if (row.type === 'number') return `${row.minimum ?? 0} to ${row.maximum ?? ''}`;
  if (row.type === 'flag') return 'on, off';
  if (row.type === 'signs') return 'signs';
  if (row.type === 'choice') return (row.choices ?? []).join(', ');
  return 'a key, such as C-a';
}

/** Code in a cell of a table: a bar would end the cell, a backtick the code. */
function codeCell(text: string): string {
  const escaped = text.replaceAll('|', '\\|');
  return escaped.includes('`') ? `\`\` ${escaped} \`\`` : `\`${escaped}\``;
}
