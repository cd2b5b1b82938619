/** A second start asks the app that runs for its window, and says what is true of that window. */
import { askApp, type IsPeer } from '../src/control/ask.ts';
import type { AppFacts } from '../src/control/verbs.ts';

type Facts = Pick<AppFacts, 'window' | 'state'>;

const openWindow: Readonly<Record<AppFacts['state'], string>> = {
  starting: 'it is just starting, and its window is about to open',
  'first-run': 'its window is open, at the first run',
  locked: 'its window is open, and locked',
  unlocked: 'its window is open, and unlocked',
};

/** The end of a sentence. @param before as the app was before it was asked for its window. */
export function windowWords(before: Facts, after: Facts): string {
  if (after.window === false) return 'its window could not be brought back: look at the terminal where it was started';
  return before.window ? openWindow[after.state] : 'its window was brought back, at the lock';
}

/** @returns the end of a sentence about the app's window, which was asked for. @throws what `askApp` does */
export async function secondStart(path: string, key: Parameters<typeof askApp>[2], mayBe: IsPeer): Promise<string> {
  const before = await askApp(path, 'status', key, mayBe);
  return windowWords(before, await askApp(path, 'show', key, mayBe));
}
