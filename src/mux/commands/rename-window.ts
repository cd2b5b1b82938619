import { cleanName } from '../names.ts';
import { changeWindow } from '../state/windows.ts';
import { type Command, refuse } from './command.ts';
import { crossInto } from './crossing.ts';

export const renameWindow: Command = {
  name: 'rename-window',
  alias: 'renamew',
  needs: 'session.use',
  target: 'window',
  args: { values: { t: 'target-window' }, words: ['new-name'] },
  help: 'Gives a window a name. It then no longer follows the program.',
  examples: ['rename-window logs', "rename-window -t :2 'night shift'"],
  run({ state, args, context, window }) {
    const name = cleanName(args.words[0] ?? '', 'window');
    if (!name.ok) return refuse(state, name.sentence);
    const named = changeWindow(state, window.id, (old) => ({ ...old, name: name.value, automaticName: false }));
    return crossInto(state, context, window, { state: named, effects: [] });
  },
};
