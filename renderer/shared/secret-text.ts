/**
 * What a passphrase field holds, beside the field. The field itself has one bullet for each character: what stands in a field is
 * told to the browser's own process with every key, and what is selected in it is given to the desktop (PRIMARY), hidden or not.
 */

export const bullet = '\u2022';
export const bullets = (text: string): string => bullet.repeat(text.length);

/**
 * The text after one edit that a field of bullets took: what was typed stands between the bullets until they are drawn anew.
 * @param held the text before. @param start where the selection began then. @param value what the field says now.
 * @param caret where the caret is now: behind it nothing has changed.
 */
export function editedText(held: string, start: number, value: string, caret: number): string {
  const from = Math.min(start, caret);
  const behind = value.length - caret;
  return held.slice(0, from) + value.slice(from, caret) + held.slice(Math.max(from, held.length - behind));
}
