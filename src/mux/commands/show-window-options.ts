import type { Command } from './command.ts';
import { showSome } from './show-options.ts';

export const showWindowOptions: Command = {
  name: 'show-window-options',
  alias: 'showw',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'gqv', values: { t: 'target' }, words: ['[option]'] },
  help: 'The same as show-options: an option has one value for all windows.',
  examples: ['show-window-options mode-keys'],
  run: showSome,
};
