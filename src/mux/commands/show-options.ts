import { findOption, optionRows, optionText, showOption } from '../options.ts';
import { type Call, type Command, type CommandOutcome, done, print, refuse } from './command.ts';

export function showSome({ state, args }: Call): CommandOutcome {
  const [name] = args.words;
  const { options } = state.client;
  if (name === undefined)
    return print(
      state,
      optionRows.map((row) => showOption(options, row)),
    );
  const row = findOption(name);
  if (!row.ok) return args.has('q') ? done(state) : refuse(state, row.sentence);
  return print(state, [args.has('v') ? optionText(options, row.value) : showOption(options, row.value)]);
}

export const showOptions: Command = {
  name: 'show-options',
  alias: 'show',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'Agpqsvw', values: { t: 'target' }, words: ['[option]'] },
  help: 'Shows an option, or all of them; -v its value alone.',
  examples: ['show-options', 'show-options prefix', 'show-options -gv mode-keys'],
  run: showSome,
};
