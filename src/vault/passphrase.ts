/**
 * What a passphrase must be. Pure, without imports, so that the page that asks for it shows the same judgement as the
 * core gives. NIST SP 800-63B-4: 15 characters where it is the only factor, length before composition rules, a
 * blocklist with context words, NFC.
 */

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
 * Long passphrases and phrases that stand in public lists or in everybody's head, in folded form (lower case, letters and
 * digits only). A passphrase is refused where little is left of it without them.
 */
const common: readonly string[] = [
  'correcthorsebatterystaple',
  'thequickbrownfoxjumpsoverthelazydog',
  'quickbrownfox',
  'lazydog',
  'tobeornottobe',
  'thatisthequestion',
  'maytheforcebewithyou',
  'iloveyousomuch',
  'iloveyou',
  'iloveyouforever',
  'letmeinplease',
  'letmein',
  'opensesame',
  'passwordpassword',
  'password',
  'passwort',
  'passphrase',
  'mypassword',
  'thisismypassword',
  'thisisapassword',
  'thisisasecret',
  'thisismypassphrase',
  'secret',
  'changeme',
  'changemenow',
  'pleasechangeme',
  'welcome',
  'welcometothejungle',
  'trustno1',
  'trustnoone',
  'administrator',
  'admin',
  'root',
  'superuser',
  'default',
  'guest',
  'login',
  'qwertyuiop',
  'qwertyuiopasdfghjkl',
  'asdfghjkl',
  'zxcvbnm',
  'qwerty',
  'qwertz',
  'azerty',
  'qazwsxedc',
  'qazwsxedcrfvtgb',
  '1qaz2wsx3edc4rfv',
  '1q2w3e4r5t6y',
  '1q2w3e4r',
  'zaq12wsx',
  'abcdefghijklmnopqrstuvwxyz',
  'abcdefghijklm',
  'abcdefgh',
  'abcdef',
  'abc123',
  '01234567890',
  '1234567890',
  '12345678',
  '123456',
  '0987654321',
  '987654321',
  '87654321',
  '654321',
  'monkey',
  'dragon',
  'football',
  'baseball',
  'sunshine',
  'princess',
  'shadow',
  'master',
  'superman',
  'batman',
  'starwars',
  'whatever',
  'michael',
  'jennifer',
  'summer',
  'winter',
  'spring',
  'autumn',
  'january',
  'february',
  'march',
  'april',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
  'hospital',
  'hospitalhospital',
  'clinic',
  'nurse',
  'nursing',
  'doctor',
  'patient',
  'patients',
  'medical',
  'medicine',
  'health',
  'healthcare',
  'emergency',
  'workstation',
  'terminal',
  'computer',
  'internet',
  'security',
  'windows',
  'linux',
  'ubuntu',
  'debian',
  'company',
  'office',
  'happybirthday',
  'happynewyear',
  'merrychristmas',
  'godsavethequeen',
  'godsavetheking',
  'inthebeginning',
  'ourfatherwhoartinheaven',
  'twinkletwinklelittlestar',
  'maryhadalittlelamb',
  'onceuponatime',
  'itwasthebestoftimes',
  'callmeishmael',
  'allyourbasearebelongtous',
  'openthepodbaydoors',
  'thereisnospoon',
  'winteriscoming',
  'youshallnotpass',
  'neverforget',
  'nevergonnagiveyouup',
  'helloworld',
  'hellohello',
  'hello',
  'testtesttest',
  'testing',
  'test',
  'loremipsumdolorsitamet',
  'loremipsum',
  'fourscoreandsevenyearsago',
  'wethepeople',
];

/** Keyboard rows and alphabets: a stretch of four or more along one of them, either way, counts as one character. */
const runs = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop', 'yxcvbnm', 'azertyuiop', 'qsdfghjklm', 'wxcvbn'];
const runMin = 4;

/** Lower case, accents off, digits and signs that stand for letters as those letters: how people disguise a word. */
const disguises: Readonly<Record<string, string>> = { '@': 'a', '4': 'a', '3': 'e', '1': 'i', '!': 'i', '0': 'o', $: 's', '5': 's', '7': 't' };
const fold = (text: string): string =>
  text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]/gu, '');
const undisguise = (text: string): string => fold([...text.toLowerCase()].map((char) => disguises[char] ?? char).join(''));

/** The text without each of `words`, longest first. */
function without(text: string, words: readonly string[]): string {
  let rest = text;
  for (const word of words) rest = rest.split(word).join('\u0000');
  return rest;
}

/** How many characters the text is worth once repetitions, sequences and known words are counted as little as they are. */
function worth(text: string, words: readonly string[]): number {
  const left = without(text, words);
  // A known word is worth one character: there are few of them.
  const known = left.split('\u0000').length - 1;
  const chars = [...left.replaceAll('\u0000', ' ')].filter((char) => char !== ' ');
  let count = 0;
  for (let at = 0; at < chars.length; at++) {
    if (at > 0 && chars[at] === chars[at - 1]) continue;
    const back = chars.slice(Math.max(0, at - (runMin - 1)), at + 1).join('');
    if (back.length === runMin && runs.some((run) => run.includes(back) || [...run].reverse().join('').includes(back))) continue;
    count++;
  }
  return count + known;
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
export function judgePassphrase(passphrase: string, context: PassphraseContext = {}): PassphraseJudgement {
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
  const personal = [context.name ?? '', context.workstation ?? '']
    .flatMap((words) => [fold(words), ...words.split(/[^\p{L}\p{N}]+/u).map(fold)])
    .filter((word) => [...word].length >= 3);
  const own = [...personal, 'wardmux'];
  const words = [...new Set([...own, ...common])].sort((a, b) => b.length - a.length);
  // What is typed twice is worth no more than once.
  const forms = [fold(text), undisguise(text)].map((form) => [...form].slice(0, period(form)).join(''));
  // Text in signs alone folds to nothing; it is then judged as it stands.
  const counts = forms.map((form) => (form.length > 0 ? worth(form, words) : worth(text, [])));
  const signs = chars.filter((char) => /[^\p{L}\p{N}\s]/u.test(char));
  const score = Math.min(...counts) + Math.min(new Set(signs).size, 3);
  if (score < 10) {
    const rest = forms.some((form) => own.some((word) => form.includes(word)));
    return refused(
      length,
      rest
        ? 'It is little more than your name, the workstation or Wardmux. Use several unrelated words.'
        : 'It is a well-known phrase, a sequence, or close to one. Use several unrelated words.',
    );
  }
  const level = score < 15 ? 1 : score < 20 ? 2 : score < 27 ? 3 : 4;
  return { accepted: true, level, sentence: levels[level], length };
}
