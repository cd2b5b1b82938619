/** Which events somebody asks for: one question for `wardmux events`, its followers and the reports; pure. */
import { eventTable, peopleOf } from '../ledger/events.ts';
import type { LedgerEvent } from '../ledger/types.ts';

export interface EventQuery {
  /** Any of these; all where it is left out. */
  readonly actions?: ReadonlySet<string>;
  /** Who did it, or whom it is about. */
  readonly person?: string;
  /** Milliseconds since the epoch, both ends included. */
  readonly since?: number;
  readonly until?: number;
}

/** @param actionWord an action of the table, or the first words of several as `recording.*`. @returns the actions that it means; none where no event is called that. */
export function actionsOf(actionWord: string): readonly string[] {
  const start = actionWord.endsWith('.*') ? actionWord.slice(0, -1) : undefined;
  return eventTable.flatMap(({ action }) => (action === actionWord || (start !== undefined && action.startsWith(start)) ? [action] : []));
}

/** Whether an event is one of those that are asked for. */
export function isAsked({ actions, person, since = -Infinity, until = Infinity }: EventQuery, event: LedgerEvent): boolean {
  if (actions && !actions.has(event.action)) return false;
  const at = Date.parse(event.time);
  return at >= since && at <= until && (person === undefined || peopleOf(event).includes(person));
}
