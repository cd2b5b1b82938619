import { sessionOf } from '../state/query.ts';
import type { Command } from './command.ts';
import { list, listValues } from './listing.ts';

export const listClients: Command = {
  name: 'list-clients',
  alias: 'lsc',
  needs: 'session.use',
  target: 'none',
  args: { values: listValues },
  help: 'Lists what is attached: there is one, the window. -F says in which format, -f whether it is listed.',
  examples: ['list-clients', "list-clients -F '#{client_session}'"],
  run: (call) => list(call, [{ session: sessionOf(call.state) }], '#{client_name}: #{client_session} [#{client_width}x#{client_height}]'),
};
