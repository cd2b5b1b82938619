/** What the commands that list something have in common: tmux's -F and -f, and its order of sessions. */
import { panesOf } from '../layout.ts';
import type { Session, State, Window } from '../state/model.ts';
import { type Call, type CommandOutcome, print } from './command.ts';
import { type FormatPlace, listed } from './format.ts';

export const listValues = { F: 'format', f: 'filter' } as const;

/** One line a place, in the format of -F or the command's own. */
export function list({ state, args }: Call, places: readonly FormatPlace[], format: string): CommandOutcome {
  return print(state, listed(state, places, args.value('F') ?? format, args.value('f')));
}

/** By name, as tmux keeps them. */
export const sessionsByName = ({ server }: State): readonly Session[] => server.sessions.toSorted((one, other) => (one.name < other.name ? -1 : 1));

export const windowsOf = (session: Session): FormatPlace[] => session.windows.map((window) => ({ session, window }));

/** In the order of the layout. */
export function panesIn(session: Session, window: Window): FormatPlace[] {
  return panesOf(window.layout).flatMap((id) => {
    const pane = window.panes.find((each) => each.id === id);
    return pane ? [{ session, window, pane }] : [];
  });
}
