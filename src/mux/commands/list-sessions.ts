import type { Command } from './command.ts';
import { list, listValues, sessionsByName } from './listing.ts';

export const listSessions: Command = {
  name: 'list-sessions',
  alias: 'ls',
  needs: 'session.use',
  target: 'none',
  args: { values: listValues },
  help: 'Lists your sessions, each with its class. -F says in which format, -f which of them: those for which that format is true.',
  examples: ['list-sessions', "list-sessions -F '#{session_name}' -f '#{session_attached}'"],
  run: (call) =>
    list(
      call,
      sessionsByName(call.state).map((session) => ({ session })),
      '#{session_name}: #{session_windows} windows (#{session_class})#{?session_attached, (attached),}',
    ),
};
