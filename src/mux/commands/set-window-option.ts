import type { Command } from './command.ts';
import { setFlags, setOne } from './set-option.ts';

export const setWindowOption: Command = {
  name: 'set-window-option',
  alias: 'setw',
  needs: 'session.use',
  target: 'none',
  args: { flags: setFlags, values: { t: 'target' }, words: ['option', '[value]'] },
  help: 'The same as set-option: an option has one value for all windows.',
  examples: ['set-window-option mode-keys vi'],
  run: setOne,
};
