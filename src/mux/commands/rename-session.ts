import { cleanName } from '../names.ts';
import { sessionOf } from '../state/query.ts';
import { putSession } from '../state/windows.ts';
import { type Command, done, refuse } from './command.ts';

export const renameSession: Command = {
  name: 'rename-session',
  alias: 'rename',
  needs: 'session.use',
  target: 'none',
  args: { words: ['new-name'] },
  help: 'Gives the session a name.',
  examples: ['rename-session ward-3'],
  run({ state, args }) {
    // A colon or a dot would make targets ambiguous, so tmux and we write an underscore.
    const name = cleanName((args.words[0] ?? '').replace(/[:.]/g, '_'), 'session');
    if (!name.ok) return refuse(state, name.sentence);
    return done(putSession(state, { ...sessionOf(state), name: name.value }));
  },
};
