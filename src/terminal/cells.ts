/** How many cells of a terminal a text takes, without control characters: wide characters two, marks that combine none (Unicode, UAX 11). */
const WIDE = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;
const NONE = /\p{Mark}|\p{Cf}/u;

export function cellsOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += character < '\u0300' ? 1 : NONE.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return cells;
}
