import { ownerOf, sessionOf } from '../state/query.ts';
import { type Command, refuse } from './command.ts';
import { list, listValues, panesIn, sessionsByName } from './listing.ts';
import { resolveSession, resolveWindow } from './targets.ts';

const line = '#{pane_index}: [#{pane_width}x#{pane_height}] #{pane_id}#{?pane_active, (active),}#{?pane_dead, (dead),}';

export const listPanes: Command = {
  name: 'list-panes',
  alias: 'lsp',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'as', values: { ...listValues, t: 'target-window' } },
  help: 'Lists the panes of a window, with -s those of a session, which -t then names, with -a all. -F says in which format, -f which of them: those for which that format is true. Sizes are in cells of the window, with title and padding.',
  examples: ['list-panes', "list-panes -s -F '#{pane_id} #{pane_current_command}'", "list-panes -a -f '#{pane_dead}'"],
  run(call) {
    const { state, args, context } = call;
    if (args.has('a')) {
      const all = sessionsByName(state).flatMap((session) => session.windows.flatMap((window) => panesIn(session, window)));
      return list(call, all, `#{session_name}:#{window_index}.${line}`);
    }
    if (args.has('s')) {
      const session = resolveSession(state, args.value('t'));
      if (!session.ok) return refuse(state, session.sentence);
      const { value } = session;
      return list(
        call,
        value.windows.flatMap((window) => panesIn(value, window)),
        `#{window_index}.${line}`,
      );
    }
    const window = resolveWindow(state, args.value('t'), context);
    if (!window.ok) return refuse(state, window.sentence);
    return list(call, panesIn(ownerOf(state, window.value.id) ?? sessionOf(state), window.value), line);
  },
};
