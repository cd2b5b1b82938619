/** Patterns with * and ?, as ssh and glob(3) have them. Pure. */

/**
 * Whether a text fits a pattern as a whole. It goes back to the last * alone, so that it takes the product of both lengths at worst: a regular expression
 * takes a power of it for as many stars as a pattern has.
 */
export function fitsWildcard(pattern: string, text: string): boolean {
  let [at, from, star, again] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[from] === '*') [star, again, from] = [from, at, from + 1];
    else if (from < pattern.length && (pattern[from] === '?' || pattern[from] === text[at])) [at, from] = [at + 1, from + 1];
    else if (star >= 0) [again, at, from] = [again + 1, again + 1, star + 1];
    else return false;
  }
  while (pattern[from] === '*') from += 1;
  return from === pattern.length;
}
