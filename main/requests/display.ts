/** How the window looks. */
import type { Display } from '../../src/bridge/schema.ts';
import type { HandlersOf, RequestParts } from './parts.ts';

export function displayRequests({ display, emit }: RequestParts): HandlersOf<'display'> {
  return {
    'display.set': async (change) => {
      emit('display', display.change(change as Partial<Display>));
      return {};
    },
  };
}
