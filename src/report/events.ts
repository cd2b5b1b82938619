/** Which events somebody asks for: one question for `wardmux events`, its followers and the reports; pure. */
import { eventTable, peopleOf } from '../ledger/events.ts';
import type { LedgerEvent } from '../ledger/types.ts';
import type { EventKind } from '../types/words.ts';

export interface EventQuery {
  /** Any of these; all where it is left out. */
  readonly actions?: ReadonlySet<string>;
  /** Who did it, or whom it is about. */
  readonly person?: string;
  /** The same of several: any of them. */
  readonly people?: ReadonlySet<string>;
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
export function isAsked({ actions, person, people, since = -Infinity, until = Infinity }: EventQuery, event: LedgerEvent): boolean {
  if (actions && !actions.has(event.action)) return false;
  const at = Date.parse(event.time);
  if (at < since || at > until) return false;
  if (person === undefined && people === undefined) return true;
  const named = peopleOf(event);
  return (person === undefined || named.includes(person)) && (people === undefined || named.some((one) => people.has(one)));
}

/** Actions whose row says that something went wrong by itself: a refusal, a failure. */
const failures: ReadonlySet<string> = new Set(eventTable.flatMap(({ action, codes }) => (codes.outcome === 'failure' ? [action] : [])));
const of = (...words: readonly string[]): ReadonlySet<string> => new Set(words.flatMap(actionsOf));
const sorts: Readonly<Record<Exclude<EventKind, 'all' | 'alerts' | 'failed'>, ReadonlySet<string>>> = {
  unlocks: of('unlock', 'unlock.attempt', 'lock', 'session.*', 'consent.accepted'),
  changes: of(
    'policy.*',
    'person.*',
    'station.*',
    'installation.*',
    'revocation.*',
    'audit-key.*',
    'hold.*',
    'recording.deleted',
    'recording.erased',
    'first-run',
  ),
  recordings: of('recording.*', 'play', 'view', 'export', 'pane.*', 'host.*'),
  emergencies: of('breakglass.*'),
};

/** Whether an event is of that sort. @param raised whether it raised an alert */
export function isOfKind(kind: EventKind, { action, outcome }: Pick<LedgerEvent, 'action' | 'outcome'>, raised: boolean): boolean {
  if (kind === 'all') return true;
  if (kind === 'alerts') return raised;
  return kind === 'failed' ? outcome === 'failure' || failures.has(action) : sorts[kind].has(action);
}
