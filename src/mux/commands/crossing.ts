/**
 * What a line that was given in a pane of one class does in another: whoever types, or pastes into the prompt, has the first one in
 * front of them. Text of it goes there where the policy says so, and as an event.
 */
import { crossing, crossingSentence, type ClassRules } from '../../types/classes.ts';
import type { Change } from '../state/effects.ts';
import type { Session, State, Window } from '../state/model.ts';
import { classOfPane, ownerOf, sessionOf } from '../state/query.ts';
import type { Context, Outcome } from './command.ts';
import { currentPane } from './targets.ts';

/** Where nobody says what the policy is. */
const oneClass: ClassRules = { names: [], first: '', lets: () => false };
export const rulesOf = ({ classes = oneClass }: Context): ClassRules => classes;

/** The class of the pane where a line was given. */
export function classHere(state: State, context: Context): string {
  if (context.from !== undefined) return context.from;
  const from = currentPane(state, context);
  return (from.ok ? classOfPane(state, from.value.pane.id) : undefined) ?? sessionOf(state).class;
}

/** The pane whose folder a new one takes: where the line was given, if that is of the same class. A folder's name is text too. */
export function folderSource(state: State, context: Context, into: Pick<Session, 'class'>): number | undefined {
  const from = currentPane(state, context);
  return from.ok && classOfPane(state, from.value.pane.id) === into.class ? from.value.pane.id : undefined;
}

/**
 * What `change` does with text of the line, if it may.
 * @param into the session that gets the text, or a window of it
 */
export function crossInto(state: State, context: Context, into: Pick<Session, 'class'> | Window, change: Change): Outcome {
  const to = 'class' in into ? into.class : (ownerOf(state, into.id) ?? sessionOf(state)).class;
  const asked = crossing(rulesOf(context), classHere(state, context), to, 'command');
  if (!asked) return change;
  const event = { kind: 'crossing', ...asked } as const;
  if (!asked.allowed) return { state, effects: [event], message: crossingSentence(asked), failed: true };
  return { state: change.state, effects: [event, ...change.effects] };
}
