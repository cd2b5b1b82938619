import { bindings, tableNames } from '../keys/tables.ts';
import { quoteWord } from '../syntax/quote.ts';
import { tableOf } from './bind-key.ts';
import { type Command, client, done, refuse } from './command.ts';

export const listKeys: Command = {
  name: 'list-keys',
  alias: 'lsk',
  needs: 'command.give',
  target: 'none',
  args: { flags: '1N', values: { T: 'key-table' }, words: ['[key]'] },
  help: `Shows every key and what it does. With -T or a key it lists them as bind-key takes them: the tables are ${tableNames.join(', ')}.`,
  examples: ['list-keys', 'list-keys -T prefix', 'list-keys -T copy-mode-vi y'],
  run({ state, args }) {
    const [key] = args.words;
    if (args.value('T') === undefined && key === undefined) return client(state, { action: 'open', band: 'keys' });
    const table = tableOf(args);
    if (!table.ok) return refuse(state, table.sentence);
    const every = args.value('T') === undefined;
    const found = bindings(state.client.keys).filter((row) => (every || row.table === table.value) && (key === undefined || row.key === key));
    if (found.length === 0) return refuse(state, key === undefined ? `No key is bound in the table ${table.value}.` : `${key} is not bound.`);
    return done(state, [], found.map((row) => `bind-key ${row.repeat ? '-r ' : ''}-T ${row.table} ${quoteWord(row.key)} ${row.line}`).join('\n'));
  },
};
