import { type Command, client, refuse } from './command.ts';
import { resolvePane } from './targets.ts';

export const pasteBuffer: Command = {
  name: 'paste-buffer',
  alias: 'pasteb',
  args: { flags: 'p', values: { t: 'target-pane' } },
  help: 'Pastes the clipboard into a pane. Control and hidden characters are taken out, and several lines are shown before they go. -p is taken for granted: a program that asks for bracketed paste gets it.',
  examples: ['paste-buffer'],
  run(state, args, context) {
    const target = resolvePane(state, args.value('t'), context);
    return target.ok ? client(state, { action: 'paste', pane: target.value.pane.id }) : refuse(state, target.sentence);
  },
};
