import { besideSession, switchSession } from '../state/sessions.ts';
import { type Command, done, refuse } from './command.ts';
import { resolveSession } from './targets.ts';

export const switchClient: Command = {
  name: 'switch-client',
  alias: 'switchc',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'lnp', values: { t: 'target-session' } },
  help: 'Goes to another session: -t by its name, -n the next, -p the one before, -l the last. What was copied stays in its class.',
  examples: ['switch-client -n', 'switch-client -t icu-feeds'],
  run({ state, args }) {
    const { client } = state;
    if (args.has('l')) {
      const [last] = client.history;
      if (last === undefined) return refuse(state, 'There is no last session.');
      const { state: next, effects } = switchSession(state, last);
      return done(next, effects);
    }
    const beside = args.has('n') || args.has('p');
    const found = beside ? { ok: true as const, value: besideSession(state, args.has('n') ? 1 : -1) } : resolveSession(state, args.value('t'));
    if (!found.ok) return refuse(state, found.sentence);
    if (beside && found.value.id === client.session) return refuse(state, 'There is only one session.');
    const { state: next, effects } = switchSession(state, found.value.id);
    return done(next, effects);
  },
};
