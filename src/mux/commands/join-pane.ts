import type { Command } from './command.ts';
import { joinArgs, joinTo } from './joining.ts';

export const joinPane: Command = {
  name: 'join-pane',
  alias: 'joinp',
  needs: 'session.use',
  target: 'pane',
  args: joinArgs,
  help: 'Takes a pane (-s; the marked one where there is one) out of its window and puts it beside this one: -h on its right, -v (the default) below, -b on the other side, -f along the whole window. Its program and its recording go on, and it stays in its class. -d leaves the keyboard where it is.',
  examples: ['join-pane -s %0', 'join-pane -h -s :1.1'],
  run: joinTo,
};
