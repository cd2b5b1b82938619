import { expect, test } from 'vitest';
import { eventTable } from './events.ts';

test('an action has one row: a second one of its name would take the place of the first, and what that enters would be refused', () => {
  const actions = eventTable.map(({ action }) => action);
  expect(actions.filter((action, n) => actions.indexOf(action) !== n)).toEqual([]);
});
