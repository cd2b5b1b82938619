import { keyLabel, normalizeKey } from '../keys/names.ts';
import { bindings, tableNames } from '../keys/tables.ts';
import { quoteWord } from '../syntax/quote.ts';
import { tableOf } from './bind-key.ts';
import { type Command, client, print, refuse } from './command.ts';

export const listKeys: Command = {
  name: 'list-keys',
  alias: 'lsk',
  needs: 'command.give',
  target: 'none',
  args: { flags: '1N', values: { T: 'key-table' }, words: ['[key]'] },
  help: `Shows every key and what it does. With -T or a key it lists them as bind-key takes them: the tables are ${tableNames.join(', ')}. -N says in words what they do, -1 shows the first alone.`,
  examples: ['list-keys', 'list-keys -T prefix', 'list-keys -T copy-mode-vi y', 'list-keys -1N C-o'],
  run({ state, args, context }) {
    const [key] = args.words;
    if (args.value('T') === undefined && key === undefined && !context.commandLine) return client(state, { action: 'open', band: 'keys' });
    const table = tableOf(args);
    if (!table.ok) return refuse(state, table.sentence);
    // In words: what the key does as it is pressed, and not while somebody reads.
    const every = args.value('T') === undefined;
    const shownTables: readonly string[] = args.has('N') ? ['root', 'prefix'] : tableNames;
    const name = key === undefined ? undefined : (normalizeKey(key) ?? key);
    const found = bindings(state.client.keys).filter(
      (row) => (every ? shownTables.includes(row.table) : row.table === table.value) && (name === undefined || row.key === name),
    );
    if (found.length === 0) return refuse(state, key === undefined ? `No key is bound in the table ${table.value}.` : `${name} is not bound.`);
    const shown = args.has('1') ? found.slice(0, 1) : found;
    if (args.has('N'))
      return print(
        state,
        shown.map((row) => `${keyLabel(row.key)}: ${row.label} (${row.line})`),
      );
    return print(
      state,
      shown.map((row) => `bind-key ${row.repeat ? '-r ' : ''}-T ${row.table} ${quoteWord(row.key)} ${row.line}`),
    );
  },
};
