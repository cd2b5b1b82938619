import { type Command, client } from './command.ts';

export const pasteBuffer: Command = {
  name: 'paste-buffer',
  alias: 'pasteb',
  needs: 'session.use',
  target: 'pane',
  args: { flags: 'p', values: { t: 'target-pane' } },
  help: 'Pastes the clipboard into a pane. Control and hidden characters are taken out, and several lines are shown before they go. -p is taken for granted: a program that asks for bracketed paste gets it.',
  examples: ['paste-buffer'],
  run: ({ state, pane }) => client(state, { action: 'paste', pane: pane.id }),
};
