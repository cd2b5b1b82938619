import { cleanSessionName } from '../names.ts';
import { sessionOf } from '../state/query.ts';
import { putSession } from '../state/windows.ts';
import { type Command, refuse } from './command.ts';
import { crossInto } from './crossing.ts';

export const renameSession: Command = {
  name: 'rename-session',
  alias: 'rename',
  needs: 'session.use',
  target: 'none',
  args: { words: ['new-name'] },
  help: 'Gives the session a name.',
  examples: ['rename-session ward-3'],
  run({ state, args, context }) {
    const name = cleanSessionName(args.words[0] ?? '');
    if (!name.ok) return refuse(state, name.sentence);
    if (state.server.sessions.some((session) => session.name === name.value && session !== sessionOf(state)))
      return refuse(state, `There is a session ${name.value} already.`);
    const named = putSession(state, { ...sessionOf(state), name: name.value });
    return crossInto(state, context, sessionOf(state), { state: named, effects: [] });
  },
};
