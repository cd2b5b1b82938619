/**
 * What a line that was given in a pane of one class does in another: whoever types, or pastes into the prompt, has the first one in
 * front of them. Text of it goes there where the policy says so, and as an event.
 */
import { crossing, crossingSentence, type ClassRules } from '../../types/classes.ts';
import type { Change } from '../state/effects.ts';
import type { Session, State, Window } from '../state/model.ts';
import { classOfPane, ownerOf, sessionOf } from '../state/query.ts';
import type { Context, CommandOutcome } from './command.ts';
import { currentPane } from './targets.ts';

/** Where nobody says what the policy is. */
const oneClass: ClassRules = { names: [], first: '', lets: () => false };
export const rulesOf = ({ classes = oneClass }: Context): ClassRules => classes;

/** The classes whose text a line is that is given now. */
export function classesHere(state: State, context: Context): readonly string[] {
  const here = currentPane(state, context);
  const own = (here.ok ? classOfPane(state, here.value.pane.id) : undefined) ?? sessionOf(state).class;
  return [...new Set([...(context.from ?? []), own])];
}

/** Those of a line that a key stands for: where it was bound. The same words typed by hand are the same text. */
export const classesOfKeys = ({ client }: State, line: string): readonly string[] => client.keys.flatMap((key) => (key.line === line ? (key.from ?? []) : []));

/** Those of the line that is run. */
export const classesOf = (state: State, context: Context): readonly string[] => context.from ?? classesHere(state, context);

/** The pane whose folder a new one takes: where the line was given, if that is of the same class. A folder's name is text too. */
export function folderSource(state: State, context: Context, into: Pick<Session, 'class'>): number | undefined {
  const from = currentPane(state, context);
  return from.ok && classOfPane(state, from.value.pane.id) === into.class ? from.value.pane.id : undefined;
}

/**
 * What `change` does with text of the line, if it may.
 * @param into the session that gets the text, or a window of it
 */
export function crossInto(state: State, context: Context, into: Pick<Session, 'class'> | Window, change: Change): CommandOutcome {
  const to = 'class' in into ? into.class : (ownerOf(state, into.id) ?? sessionOf(state)).class;
  const asked = classesOf(state, context).flatMap((from) => crossing(rulesOf(context), from, to, 'command') ?? []);
  const no = asked.filter(({ allowed }) => !allowed);
  const events = (crossings: typeof asked) => crossings.map((each) => ({ kind: 'crossing', ...each }) as const);
  // Where one class's part may not go, nothing goes.
  if (no[0]) return { state, effects: events(no), message: crossingSentence(no[0]), failed: true };
  return { state: change.state, effects: [...events(asked), ...change.effects] };
}
