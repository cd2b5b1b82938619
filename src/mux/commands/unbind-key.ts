import { bindableKey, withChange, withoutTable } from '../keys/tables.ts';
import { tableOf } from './bind-key.ts';
import { type Command, done, refuse } from './command.ts';

export const unbindKey: Command = {
  name: 'unbind-key',
  alias: 'unbind',
  needs: 'command.give',
  target: 'none',
  args: { flags: 'anq', values: { T: 'key-table' }, words: ['[key]'] },
  help: 'Has a key do nothing any more, until Wardmux ends; -a every key of the table. ctrl-shift-l locks whatever is bound. -n is the table without the prefix, -T another one.',
  examples: ['unbind-key C-o', 'unbind-key -n C-0', 'unbind-key -a -T copy-mode-vi'],
  run({ state, args }) {
    const table = tableOf(args);
    if (!table.ok) return refuse(state, table.sentence);
    const { client } = state;
    if (args.has('a')) return done({ ...state, client: { ...client, keys: withoutTable(client.keys, table.value) } });
    const key = bindableKey(args.words[0] ?? '', table.value);
    if (!key.ok) return args.has('q') ? done(state) : refuse(state, key.sentence);
    return done({ ...state, client: { ...client, keys: withChange(client.keys, { table: table.value, key: key.value, line: null }) } });
  },
};
