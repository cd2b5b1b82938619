import { type Command, done, refuse } from './command.ts';
import { resolveSession } from './targets.ts';

export const hasSession: Command = {
  name: 'has-session',
  alias: 'has',
  needs: 'session.use',
  target: 'none',
  args: { values: { t: 'target-session' } },
  help: 'Says nothing where the session is there, and that it is not where it is not: at a command line by the exit status too.',
  examples: ['has-session -t infra'],
  run({ state, args }) {
    const session = resolveSession(state, args.value('t'));
    return session.ok ? done(state) : refuse(state, session.sentence);
  },
};
