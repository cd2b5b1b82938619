import { closeSession } from '../state/sessions.ts';
import { type Command, done, refuse } from './command.ts';
import { resolveSession } from './targets.ts';

export const killSession: Command = {
  name: 'kill-session',
  needs: 'session.use',
  target: 'none',
  args: { values: { t: 'target-session' } },
  help: 'Closes a session with all its windows, and ends their programs. Behind it comes another session of its class, and where there is none nothing: the keyboard goes into another class by switch-client alone.',
  examples: ['kill-session', 'kill-session -t infra'],
  run({ state, args }) {
    const found = resolveSession(state, args.value('t'));
    if (!found.ok) return refuse(state, found.sentence);
    const { state: next, effects } = closeSession(state, found.value.id);
    return done(next, effects);
  },
};
