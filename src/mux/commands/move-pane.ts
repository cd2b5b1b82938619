import type { Command } from './command.ts';
import { joinArgs, joinTo } from './joining.ts';

export const movePane: Command = {
  name: 'move-pane',
  alias: 'movep',
  needs: 'session.use',
  target: 'pane',
  args: joinArgs,
  help: 'The same as join-pane.',
  examples: ['move-pane -s %0'],
  run: joinTo,
};
