import { type TableName, bindableKey, tableNames, withChange } from '../keys/tables.ts';
import type { Result } from '../layout.ts';
import { cleanName } from '../names.ts';
import { boundLine } from './bound-line.ts';
import { type Arguments, type Command, done, refuse } from './command.ts';
import { classesOf } from './crossing.ts';

/** Keys that may be other than the default ones, and characters of a line: the page is told all of them with each change of a window. */
const MOST_KEYS = 500;
const MOST_LINE = 2000;

/** The table that -T names, or -n; prefix where neither does. */
export function tableOf(args: Arguments): Result<TableName> {
  const name = args.value('T') ?? (args.has('n') ? 'root' : 'prefix');
  const table = tableNames.find((known) => known === name);
  return table ? { ok: true, value: table } : { ok: false, sentence: `There is no key table "${name}". The tables are ${tableNames.join(', ')}.` };
}

export const bindKey: Command = {
  name: 'bind-key',
  alias: 'bind',
  needs: 'command.give',
  target: 'none',
  args: { flags: 'nr', values: { N: 'note', T: 'key-table' }, words: ['key', '[command]', '[argument ...]'] },
  help: 'Has a key after the prefix stand for a command, until Wardmux ends. -n binds it without the prefix, -T in another table (root, prefix, copy-mode, copy-mode-vi), -r lets it repeat, -N says in the help what it does. In copy mode a key does one thing of copy mode: send-keys -X and its name.',
  examples: ['bind-key | split-window -h', 'bind-key -n M-Left select-pane -L', 'bind-key -T copy-mode-vi y send-keys -X copy-selection-and-cancel'],
  run({ state, args, context, find }) {
    const [key = '', ...words] = args.words;
    const table = tableOf(args);
    if (!table.ok) return refuse(state, table.sentence);
    const named = bindableKey(key, table.value);
    if (!named.ok) return refuse(state, named.sentence);
    if (words.length === 0) return refuse(state, `bind-key: a command for ${named.value} is missing.`);
    const line = boundLine(words, table.value, { context, find });
    if (!line.ok) return refuse(state, line.sentence);
    if (line.value.line.length > MOST_LINE) return refuse(state, `The line for ${named.value} is longer than ${MOST_LINE} characters.`);
    const wanted = args.value('N');
    const note = wanted === undefined ? undefined : cleanName(wanted, 'note');
    if (note && !note.ok) return refuse(state, note.sentence);
    const change = {
      table: table.value,
      key: named.value,
      line: line.value.line,
      ...(args.has('r') ? { repeat: true as const } : {}),
      ...(note ? { note: note.value } : {}),
      // What stands in a file was in no session.
      ...(line.value.hasText && !context.file ? { from: classesOf(state, context) } : {}),
    };
    const { client } = state;
    const keys = withChange(client.keys, change);
    if (keys.length > MOST_KEYS) return refuse(state, `${MOST_KEYS} keys are bound already: unbind-key one of them.`);
    const outcome = done({ ...state, client: { ...client, keys } }, [], line.value.changed);
    return line.value.changed === undefined ? outcome : { ...outcome, changed: true };
  },
};
