/** Which keys are text, where the focus may not be in the field yet. */

/**
 * Whether a key is text that belongs into the passphrase field. The field has the focus before the key's own action, so the
 * letter is put in there. On a button the space bar presses the button, as everywhere.
 */
export function isTyped(event: KeyboardEvent): boolean {
  if (isCommand(event)) return false;
  if (event.key === ' ') return !(event.target instanceof HTMLButtonElement);
  return [...event.key].length === 1 || event.key === 'Dead' || event.key === 'Backspace';
}

/** A letter that stands for itself: a dead key composes only in a field that has the focus. */
export const isLetter = (event: KeyboardEvent): boolean => !isCommand(event) && event.key !== ' ' && [...event.key].length === 1;

/** AltGr is reported as ctrl and alt together on some layouts, and makes letters. */
const isCommand = (event: KeyboardEvent): boolean => (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState('AltGraph');
