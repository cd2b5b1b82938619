/** How time runs out on the line: in whole minutes, and in seconds in the last one. Each change is a picture, and a picture each second keeps a processor awake. */
import { left } from '../shared/text.ts';

const MINUTE = 60;

/** What of `seconds` is shown: the nearest minute, until the last one begins. */
export const shownSeconds = (seconds: number): number => (seconds > MINUTE ? Math.round(seconds / MINUTE) * MINUTE : seconds);

/** The same in words: `5 min`, then `0:59`. */
export function roughly(seconds: number): string {
  const shown = shownSeconds(seconds);
  return shown >= MINUTE ? `${shown / MINUTE} min` : left(shown);
}

/** Whole seconds after which something else is shown than of `seconds`, at least 1; the beginning of the last minute counts as something else. */
export function nextChange(seconds: number): number {
  const whole = Math.ceil(seconds);
  // A half goes up: of 90 and more two minutes are shown.
  return whole >= 1.5 * MINUTE ? whole - shownSeconds(whole) + MINUTE / 2 + 1 : Math.max(1, whole - MINUTE);
}
