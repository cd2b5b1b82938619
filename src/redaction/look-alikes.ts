/**
 * Text as it looks: digits and letters of other widths and scripts as the ones that they are taken for, without characters that show nothing (joiners, marks
 * of direction, soft hyphens) or lie over others (combining marks). Who prints `５３６-22-1847` or puts a joiner into it has printed the number all the same.
 */

/** Letters of Cyrillic and Greek that no font tells from Latin ones. */
const ALIKE: Readonly<Record<string, string>> = Object.fromEntries(
  ['АA ВB СC ЕE НH ІI ЈJ КK МM ОO РP ЅS ТT ХX аa сc еe оo рp ѕs хx уy іi јj ԁd һh', 'ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX οo']
    .join(' ')
    .split(' ')
    .map((pair) => [pair.charAt(0), pair.charAt(1)]),
);
const NOTHING_SHOWN = /^[\p{Cf}\p{Mn}\p{Me}\u115f\u1160\u3164\uffa0]$/u;

/** As many characters as are kept looked up. */
const MOST_KNOWN = 4096;
const known = new Map<number, string>();

function plain(code: number): string {
  const character = String.fromCodePoint(code);
  if (NOTHING_SHOWN.test(character)) return '';
  if (/\p{Pd}|[\u2212\u2043]/u.test(character)) return '-';
  if (/\p{Zs}/u.test(character)) return ' ';
  if (/\p{Nd}/u.test(character)) return String(digitOf(code));
  return ALIKE[character] ?? character.normalize('NFKC');
}

/** Digits of every script stand ten in a row, from its zero on. */
function digitOf(code: number): number {
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  // Blocks of several sets of digits (U+1D7CE) begin at their first zero too.
  return code >= 0x1d7ce && code <= 0x1d7ff ? (code - 0x1d7ce) % 10 : code - zero;
}

export interface Plain {
  readonly text: string;
  /** Where in what it was made of a unit of it stands, and behind the last one its length. */
  readonly places: readonly number[];
}

/** @returns undefined where a text looks as it is. */
export function plainOf(text: string): Plain | undefined {
  const places: number[] = [];
  let out = '';
  for (let at = 0; at < text.length;) {
    const code = text.codePointAt(at)!;
    let shown: string | undefined;
    if (code < 0x80) shown = text.charAt(at);
    else {
      shown = known.get(code);
      if (shown === undefined) {
        if (known.size >= MOST_KNOWN) known.clear();
        known.set(code, (shown = plain(code)));
      }
    }
    for (let i = 0; i < shown.length; i++) places.push(at);
    out += shown;
    at += code >= 0x10000 ? 2 : 1;
  }
  if (out === text) return undefined;
  places.push(text.length);
  return { text: out, places };
}
