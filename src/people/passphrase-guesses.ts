/**
 * How many guesses a cracker needs, as the power of ten: what a passphrase is judged by. zxcvbn-ts knows words, names,
 * keyboards, dates and disguises in English and German; it takes a stretch that it does not know for random. A cracker does
 * not: he puts words of a list together with years and signs. So both are counted, and the lower one holds.
 *
 * Large (2 MB of words): loaded when somebody chooses a passphrase, and not before.
 */
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english } from '@zxcvbn-ts/language-en';
import { dictionary as german } from '@zxcvbn-ts/language-de';

/** @param own words that say nothing here: the person's name, the workstation, the product. */
export type Guesses = (
  text: string,
  own: readonly string[],
) => {
  /** Guesses as a power of ten. */
  readonly power: number;
  /** Words of three letters or more, each counted once. */
  readonly words: number;
  /** Letters that belong to no word. */
  readonly loose: number;
};

/** Longer stretches are not looked into: they cost the page its answer. */
const longestLooked = 100;
/** A word or name that no list here has is in a longer one: 300,000 have the names of places, clubs and people. */
const unknownWord = 5.5;
/** One run of letters that is made of up to three words is one in German: departments, trades, buildings. */
const compound = { words: 3, guesses: 7 } as const;
/** A year from 1500 on: a hundred or two are likely. */
const year = 2;
/** Which separator, or which sign at the end. */
const sign = 1;
const again = 0.3;
/** Of a sentence the order of words is not free: more parts than this add nothing by it. */
const mostParts = 6;

const estimator = new ZxcvbnFactory({
  dictionary: { ...common, ...english, ...Object.fromEntries(Object.entries(german).map(([name, words]) => [`${name}-de`, words])) },
  graphs: adjacencyGraphs,
  // Enough for what people write, a fifth of the time.
  l33tMaxSubstitutions: 16,
  maxLength: longestLooked,
});

/** Scripts whose words stand without spaces: a run of them is many words. */
const unspaced = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Thai}|\p{Script=Lao}|\p{Script=Khmer}|\p{Script=Myanmar}/u;

/** Can be said aloud: what a random string seldom can. Judged for Latin letters only. */
function sayable(letters: string): boolean {
  const plain = letters.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
  if (!/^[a-z]+$/.test(plain)) return true;
  const vowels = plain.replace(/[^aeiouy]/g, '').length / plain.length;
  return vowels >= 0.2 && vowels <= 0.7 && !/[^aeiouy]{6}|[aeiouy]{5}/.test(plain);
}

interface Counted {
  readonly guesses: number;
  /** Words of three letters or more. */
  readonly words: number;
  /** Letters that belong to no word. */
  readonly loose: number;
}

function letters(run: string, own: string[]): Counted {
  const { guessesLog10, sequence } = estimator.check(run, own);
  const length = [...run].length;
  if (unspaced.test(run)) return { guesses: guessesLog10, words: length, loose: 0 };
  if (length < 3) return { guesses: guessesLog10, words: 0, loose: length };
  const known = sequence.filter(({ pattern, token }) => pattern === 'dictionary' && token.length >= 3);
  const covered = known.reduce((sum, { token }) => sum + token.length, 0);
  if (known.length > 1 && covered >= 0.75 * run.length) {
    if (known.length <= compound.words) return { guesses: Math.min(guessesLog10, compound.guesses), words: 1, loose: 0 };
    return { guesses: guessesLog10, words: known.length, loose: 0 };
  }
  if (known.length === 1 || sayable(run)) return { guesses: Math.min(guessesLog10, unknownWord), words: 1, loose: 0 };
  return { guesses: guessesLog10, words: 0, loose: length };
}

/**
 * Whoever puts parts together tries likely ones first, but does not know which part is the unlikely one. Of k parts with ranks
 * whose product is at most R there are about R (ln R)^(k-1) / (k-1)!: what comes on top of R, as a power of ten.
 */
function orders(power: number, parts: number): number {
  const ln = power * Math.LN10;
  let more = 0;
  for (let i = 1; i < Math.min(parts, mostParts); i++) more += Math.max(0, Math.log10(ln / i));
  return more;
}

/** Words, numbers and signs put together. */
function assembled(text: string, own: string[]): Counted {
  const seen = new Set<string>();
  let guesses = 0;
  let parts = 0;
  let words = 0;
  let loose = 0;
  for (const [part] of text.matchAll(/\p{Lu}*[\p{Ll}\p{Lo}\p{Lm}\p{M}]+|\p{Lu}+|\p{N}+|[^\p{L}\p{N}\p{M}]/gu)) {
    const folded = part.toLowerCase();
    if (seen.has(folded)) {
      if (/[\p{L}\p{N}]/u.test(part)) guesses += again;
      continue;
    }
    seen.add(folded);
    if (part !== ' ') parts++;
    if (/^\p{N}/u.test(part)) guesses += /^(?:1[5-9]|20)\d\d$/.test(part) ? year : Math.min(estimator.check(part, own).guessesLog10, part.length);
    else if (/^[\p{L}\p{M}]/u.test(part)) {
      const counted = letters(part, own);
      guesses += counted.guesses;
      words += counted.words;
      loose += counted.loose;
    } else if (part !== ' ') guesses += sign;
  }
  return { guesses: guesses + orders(guesses, parts), words, loose };
}

export const countGuesses: Guesses = (text, own) => {
  const looked = [...text].slice(0, longestLooked).join('');
  const { guesses, words, loose } = assembled(looked, [...own]);
  return { power: Math.min(guesses, estimator.check(looked, [...own]).guessesLog10), words, loose };
};
