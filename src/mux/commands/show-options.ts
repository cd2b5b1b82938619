import { findOption, optionRows, showOption } from '../options.ts';
import { type Command, done, refuse } from './command.ts';

export const showOptions: Command = {
  name: 'show-options',
  alias: 'show',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'gpsw', words: ['[option]'] },
  help: 'Shows an option, or all of them.',
  examples: ['show-options', 'show-options prefix'],
  run({ state, args }) {
    const [name] = args.words;
    if (name === undefined) return done(state, [], optionRows.map((row) => showOption(state.client.options, row)).join('\n'));
    const row = findOption(name);
    return row.ok ? done(state, [], showOption(state.client.options, row.value)) : refuse(state, row.sentence);
  },
};
