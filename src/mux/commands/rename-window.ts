import { cleanName } from '../names.ts';
import { changeWindow } from '../state.ts';
import { type Command, done, refuse } from './command.ts';
import { resolveWindow } from './targets.ts';

export const renameWindow: Command = {
  name: 'rename-window',
  alias: 'renamew',
  args: { values: { t: 'target-window' }, words: ['new-name'] },
  help: 'Gives a window a name. It then no longer follows the program.',
  examples: ['rename-window logs', "rename-window -t :2 'night shift'"],
  run(state, args, context) {
    const window = resolveWindow(state, args.value('t'), context);
    if (!window.ok) return refuse(state, window.sentence);
    const name = cleanName(args.words[0] ?? '', 'window');
    if (!name.ok) return refuse(state, name.sentence);
    return done(changeWindow(state, window.value.id, (old) => ({ ...old, name: name.value, automaticName: false })));
  },
};
