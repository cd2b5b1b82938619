import { type Command, refuse } from './command.ts';
import { list, listValues, sessionsByName, windowsOf } from './listing.ts';
import { resolveSession } from './targets.ts';

const line =
  '#{window_index}: #{window_name}#{window_raw_flags} (#{window_panes} panes) [#{window_width}x#{window_height}] [layout #{window_layout}] #{window_id}#{?window_active, (active),}';

export const listWindows: Command = {
  name: 'list-windows',
  alias: 'lsw',
  needs: 'session.use',
  target: 'none',
  args: { flags: 'a', values: { ...listValues, t: 'target-session' } },
  help: 'Lists the windows of a session, or with -a those of all. -F says in which format, -f which of them: those for which that format is true.',
  examples: ['list-windows', "list-windows -a -F '#{session_name}:#{window_index} #{window_name}'"],
  run(call) {
    const { state, args } = call;
    if (args.has('a')) return list(call, sessionsByName(state).flatMap(windowsOf), `#{session_name}:${line}`);
    const session = resolveSession(state, args.value('t'));
    return session.ok ? list(call, windowsOf(session.value), line) : refuse(state, session.sentence);
  },
};
