import { newSession as open } from '../state/sessions.ts';
import { sessionOf } from '../state/query.ts';
import { cleanName, cleanSessionName } from '../names.ts';
import { type Command, refuse } from './command.ts';
import { crossInto, folderSource, rulesOf } from './crossing.ts';
import { givesText, startOf } from './start.ts';

export const newSession: Command = {
  name: 'new-session',
  alias: 'new',
  needs: 'session.open',
  target: 'none',
  args: { flags: 'd', values: { C: 'class', c: 'start-directory', n: 'window-name', s: 'session-name' }, words: ['[shell-command ...]'] },
  help: 'Opens a session with one window, and goes there. -C chooses its class, one of the policy’s; without it the session has the class of this one. Its names count as text of this one. -d leaves this session in front.',
  examples: ['new-session -s icu-feeds', 'new-session -C clinical'],
  run({ state, args, context }) {
    const rules = rulesOf(context);
    const of = args.value('C') ?? sessionOf(state).class;
    if (of !== sessionOf(state).class && !rules.names.includes(of))
      return refuse(state, `There is no class "${of}". The policy in force has ${rules.names.join(', ') || 'none to choose from'}.`);
    const [wanted, wantedWindow] = [args.value('s'), args.value('n')];
    const name = wanted === undefined ? undefined : cleanSessionName(wanted);
    if (name && !name.ok) return refuse(state, name.sentence);
    if (name && state.server.sessions.some((session) => session.name === name.value)) return refuse(state, `There is a session ${name.value} already.`);
    const window = wantedWindow === undefined ? undefined : cleanName(wantedWindow, 'window');
    if (window && !window.ok) return refuse(state, window.sentence);
    const change = open(state, startOf(args, context, folderSource(state, context, { class: of })), {
      class: of,
      detached: args.has('d'),
      ...(name ? { name: name.value } : {}),
      ...(window ? { window: window.value } : {}),
    });
    return givesText(args) ? crossInto(state, context, { class: of }, change) : change;
  },
};
