/**
 * What a passphrase must be. Pure, without imports, so that the page that asks for it shows the same judgement as the
 * core gives; how many guesses it takes is counted by passphrase-guesses.ts, which is large and loaded when it is needed. NIST
 * SP 800-63B-4: 15 characters where it is the only factor, length before composition rules, a blocklist with context words, NFC.
 */
import type { Guesses } from './passphrase-guesses.ts';

/** In Unicode code points, after NFC. */
export const passphraseMin = 15;
/** A limit, so that nobody hashes a book; far above what 800-63B-4 demands to be accepted (64). */
export const passphraseMax = 512;

/** What must not carry a passphrase: the person's name, the workstation. The product's name is always in it. */
export interface PassphraseContext {
  readonly name?: string;
  readonly workstation?: string;
}

export interface PassphraseJudgement {
  readonly accepted: boolean;
  /** 0 refused, 1 just enough, 2 fair, 3 good, 4 strong. */
  readonly level: 0 | 1 | 2 | 3 | 4;
  /** For people. */
  readonly sentence: string;
  /** Code points after NFC. */
  readonly length: number;
}

/** The form that is hashed. Nothing is trimmed: a space at the end is a part of it. */
export const normalisePassphrase = (passphrase: string): string => passphrase.normalize('NFC');

/**
 * Guesses, as powers of ten, below which a passphrase is refused, just enough, fair, or good. With scrypt at half a second here,
 * a rack of ten graphics cards makes some thousand a second: 10^11 take it three years, 10^13.5 a thousand.
 */
const bounds = { refused: 11, short: 13.5, fair: 16, good: 19 } as const;

/** Phrases that are in everybody's head, in folded form: words that follow from each other are worth one. */
const phrases: readonly string[] = [
  'correcthorsebatterystaple',
  'thequickbrownfoxjumpsoverthelazydog',
  'quickbrownfox',
  'tobeornottobethatisthequestion',
  'tobeornottobe',
  'maytheforcebewithyou',
  'iloveyousomuch',
  'iloveyouforever',
  'letmeinplease',
  'thisismypassword',
  'thisisapassword',
  'thisisasecret',
  'welcometothejungle',
  'happybirthday',
  'happynewyear',
  'merrychristmas',
  'godsavethequeen',
  'godsavetheking',
  'inthebeginningwastheword',
  'ourfatherwhoartinheaven',
  'vaterunserimhimmel',
  'twinkletwinklelittlestar',
  'maryhadalittlelamb',
  'allemeineentchen',
  'onceuponatime',
  'eswareinmal',
  'itwasthebestoftimes',
  'callmeishmael',
  'allyourbasearebelongtous',
  'openthepodbaydoors',
  'thereisnospoon',
  'winteriscoming',
  'youshallnotpass',
  'nevergonnagiveyouup',
  'loremipsumdolorsitamet',
  'fourscoreandsevenyearsago',
  'wethepeople',
  'seinodernichtsein',
];

/** Lower case, accents off, letters and digits only; and with digits and signs that stand for letters as those letters. */
const disguises: Readonly<Record<string, string>> = { '@': 'a', '4': 'a', '3': 'e', '1': 'i', '!': 'i', '0': 'o', $: 's', '5': 's', '7': 't' };
const fold = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]/gu, '');
const undisguise = (text: string): string => fold([...text.toLowerCase()].map((char) => disguises[char] ?? char).join(''));
/** Inside a word only: a number behind one is a number. */
const undisguiseWords = (text: string): string => text.replace(/(?<=\p{L})[@431!0$57](?=\p{L})/gu, (char) => disguises[char] ?? char);

/** What is left of a text without the phrases that it holds; undefined where it holds none. */
function besidePhrases(text: string): string | undefined {
  for (const form of [fold(text), undisguise(text)]) {
    const rest = phrases.reduce((left, phrase) => left.replaceAll(phrase, ' '), form);
    if (rest !== form) return rest.trim();
  }
  return undefined;
}

/** The shortest text that, repeated, gives all of `text` (its last repetition may be cut): `abcabcab` gives 3. */
function period(text: string): number {
  const chars = [...text];
  for (let length = 1; length <= chars.length / 2; length++) {
    if (chars.every((char, at) => at < length || char === chars[at - length])) return length;
  }
  return chars.length;
}

const refused = (length: number, sentence: string): PassphraseJudgement => ({ accepted: false, level: 0, sentence, length });
const levels = [
  'Not enough.',
  'Enough, and no more: it is short. One more word makes it much stronger.',
  'Fair. One more word makes it good.',
  'Good.',
  'Strong.',
] as const;

/**
 * Judges a passphrase. A pure function: the same in the page and in the core.
 * @param passphrase as typed; it is put into NFC here.
 */
function judgePassphrase(passphrase: string, context: PassphraseContext, count: Guesses): PassphraseJudgement {
  const text = normalisePassphrase(passphrase);
  const chars = [...text];
  const { length } = chars;
  if (/\p{Cc}|\p{Cs}/u.test(text)) return refused(length, 'It holds a character that no keyboard types, such as a line break or a tab. Type it again.');
  if (length < passphraseMin) {
    const missing = passphraseMin - length;
    return refused(length, `It needs ${passphraseMin} characters or more: ${missing} to go. Four or five unrelated words are easy to remember.`);
  }
  if (length > passphraseMax) return refused(length, `It may have at most ${passphraseMax} characters.`);
  if (new Set(chars).size < 5 || period(fold(text) || text) <= Math.max(4, length / 4)) {
    return refused(length, 'It repeats a few characters over and over. Use several unrelated words.');
  }
  const own = [
    ...new Set(
      [context.name ?? '', context.workstation ?? '', 'wardmux']
        .flatMap((words) => [fold(words), ...words.split(/[^\p{L}\p{N}]+/u).map((word) => word.toLowerCase())])
        .filter((word) => [...word].length >= 3),
    ),
  ];
  const rest = besidePhrases(text);
  if (rest !== undefined && count(rest, own).power + 2 < bounds.refused) {
    return refused(length, 'It is a phrase that everybody knows, or close to one. Use four or five unrelated words.');
  }
  // What is typed twice is worth no more than once.
  const once = chars.slice(0, period(text)).join('');
  const counts = [once, undisguiseWords(once)].map((form) => count(form, own));
  const power = Math.min(...counts.map((counted) => counted.power));
  const folded = fold(text);
  if (own.some((word) => folded.includes(word)) && power < bounds.refused) {
    return refused(length, 'It is little more than your name, the workstation or Wardmux. Use several unrelated words.');
  }
  const digits = chars.filter((char) => /\p{N}/u.test(char)).length;
  if (counts.some(({ words, loose }) => words > 0 && words <= 2 && loose <= 3) && digits <= 8) {
    return refused(length, 'A name or a word or two, a number and a sign is what is tried first. Use four or five unrelated words.');
  }
  if (power < bounds.refused) return refused(length, 'It is guessed too soon: well-known words, a sequence or a date. Use four or five unrelated words.');
  const level = power < bounds.short ? 1 : power < bounds.fair ? 2 : power < bounds.good ? 3 : 4;
  return { accepted: true, level, sentence: levels[level], length };
}

/** Judges as judgePassphrase does. */
export type Judge = (passphrase: string, context: PassphraseContext) => PassphraseJudgement;

/** The judge with its word lists, which take half a second to load. */
export async function loadJudge(): Promise<Judge> {
  const { countGuesses } = await import('./passphrase-guesses.ts');
  return (passphrase, context) => judgePassphrase(passphrase, context, countGuesses);
}
