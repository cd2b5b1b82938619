/**
 * ~/.ssh/config, as far as it may say something: names, addresses, accounts, ports, keys and jumps. Every other line is left out, those that run programs
 * and those that would weaken a connection above all; what is left is written anew and given to ssh itself to resolve (ask-ssh.ts), so that patterns and
 * order mean what they mean to it. Pure.
 */
import { HOST_NAME } from '../types/hosts.ts';
import { UNSAFE } from './unsafe.ts';

/** A line of a file, cut into its words as ssh does. */
interface Line {
  /** Lower case. */
  readonly keyword: string;
  readonly words: readonly string[];
}

/** A line that is not followed. */
interface LeftOut {
  readonly file: string;
  readonly line: number;
  /** As the file writes it, cut and printable. */
  readonly keyword: string;
  /** Where it is not the keyword alone. */
  readonly why?: string;
}

export interface Cleaned {
  /** What ssh may read of it. A number: here it includes the file of that number. */
  readonly lines: readonly (string | number)[];
  /** Names that a Host line has, without wildcards. */
  readonly names: readonly { readonly name: string; readonly file: string; readonly line: number }[];
  readonly leftOut: readonly LeftOut[];
}

/** Taken as they are: none of these runs anything or weakens anything. */
const followed: Readonly<Record<string, string>> = {
  hostname: 'HostName',
  user: 'User',
  port: 'Port',
  identityfile: 'IdentityFile',
  certificatefile: 'CertificateFile',
  identitiesonly: 'IdentitiesOnly',
  proxyjump: 'ProxyJump',
};
/** Criteria of Match that look at words alone; `exec` runs a program, and what comes later may too. */
const criteria = new Set(['all', 'host', 'originalhost', 'user', 'localuser']);
/** A block that nothing matches: for one whose criteria are not followed. */
const NEVER = 'Host !*';

/** @returns undefined for a line that says nothing. @throws RangeError for one that cannot be read */
function lineOf(text: string): Line | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.startsWith('#')) return undefined;
  const [whole, bare, quoted] = /^(?:"([^"]*)"|([^\s="]+))\s*=?\s*/.exec(trimmed) ?? [];
  if (whole === undefined) throw new RangeError('no keyword');
  const words: string[] = [];
  for (let rest = trimmed.slice(whole.length); rest !== '';) {
    const [word, inside, plain] = /^(?:"([^"]*)"|([^\s"]+))\s*/.exec(rest) ?? [];
    if (word === undefined) throw new RangeError('a quote without its end');
    if (inside === undefined && plain!.startsWith('#')) break;
    words.push(inside ?? plain!);
    rest = rest.slice(word.length);
  }
  return { keyword: (bare ?? quoted!).toLowerCase(), words };
}

const quote = (word: string): string => `"${word}"`;
const printable = (word: string): string => word.replace(/[^\x21-\x7e]/g, '').slice(0, 40);

/**
 * What of a file ssh may read.
 * @param include gives the numbers of the files that an Include line names, or a sentence why it is not followed; it throws where there are too many
 */
export async function cleanConfig(file: string, text: string, include: (words: readonly string[]) => Promise<readonly number[] | string>): Promise<Cleaned> {
  const lines: (string | number)[] = [];
  const names: { name: string; file: string; line: number }[] = [];
  const leftOut: LeftOut[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    const leave = (keyword: string, why?: string): void =>
      void leftOut.push({ file, line: at + 1, keyword: printable(keyword), ...(why === undefined ? {} : { why }) });
    let line: Line | undefined;
    try {
      line = lineOf(raw);
    } catch {
      leave(raw.trim().split(/\s/)[0] ?? '');
      continue;
    }
    if (!line) continue;
    const { keyword, words } = line;
    const plain = words.length > 0 && !words.some((word) => UNSAFE.test(word));
    if (keyword === 'host') {
      if (plain) lines.push(`Host ${words.map(quote).join(' ')}`);
      else {
        lines.push(NEVER);
        leave('Host');
      }
      if (plain) for (const name of words) if (HOST_NAME.test(name)) names.push({ name, file, line: at + 1 });
    } else if (keyword === 'match') {
      const said = plain ? followedMatch(words) : undefined;
      if (said) lines.push(`Match ${said.map(quote).join(' ')}`);
      else {
        lines.push(NEVER);
        leave('Match');
      }
    } else if (keyword === 'include') {
      const found = plain ? await include(words) : undefined;
      if (found === undefined || typeof found === 'string') leave('Include', found);
      else lines.push(...found);
    } else {
      const name = Object.hasOwn(followed, keyword) ? followed[keyword] : undefined;
      // ssh takes the rest of this line as it is, quotes too.
      const [word = ''] = words;
      const written = keyword === 'proxyjump' ? word : quote(word);
      if (name && plain && words.length === 1 && !(keyword === 'proxyjump' && /\s/.test(written))) lines.push(`  ${name} ${written}`);
      else leave(name ?? keyword);
    }
  }
  return { lines, names, leftOut };
}

/** The copy that ssh reads. @param placeOf where the copy of a file lies, by its number */
export const copyOf = (lines: Cleaned['lines'], placeOf: (file: number) => string): string =>
  lines.map((one) => `${typeof one === 'number' ? `Include ${quote(placeOf(one))}` : one}\n`).join('');

/** The words of a Match line, each criterion apart from its value: ssh takes `host=x`, and no quoted "host=x". @returns undefined where one is not followed */
function followedMatch(words: readonly string[]): string[] | undefined {
  const said: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const [, criterion = '', inside] = /^([^=]*)(?:=(.*))?$/s.exec(words[at]!) ?? [];
    const name = criterion.replace(/^!/, '').toLowerCase();
    if (!criteria.has(name) || (name === 'all' && inside !== undefined)) return undefined;
    said.push(criterion);
    if (name === 'all') continue;
    const value = inside ?? words[(at += 1)];
    if (!value) return undefined;
    said.push(value);
  }
  return said;
}
