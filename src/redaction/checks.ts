/** Whether what has the shape of an identifier is one: check digits, calendars, what stands beside it. */
import type { LinePattern } from './recogniser.ts';

type Check = NonNullable<LinePattern['check']>;

/** @param outside what neither the character before it nor the one behind it may be. */
export const alone =
  (outside: RegExp): Check =>
  (_value, { text, start, end }) =>
    !outside.test(text.charAt(start - 1)) && !outside.test(text.charAt(end));

export const all =
  (...checks: readonly Check[]): Check =>
  (value, around) =>
    checks.every((check) => check(value, around));

/** Published as examples, and nobody's. */
const SAMPLE_SSNS = new Set(['078051120', '219099999', '123456789']);

/** Area, group and serial are ones that are given out (SSA, since 2011). */
export function isSsn(value: string): boolean {
  const digits = value.replaceAll(/\D/g, '');
  return digits.length === 9 && !/^(?:000|666|9)/.test(digits) && digits.slice(3, 5) !== '00' && digits.slice(5) !== '0000' && !SAMPLE_SSNS.has(digits);
}

/** Both separators are the same. */
export function isSeparatedSsn(value: string): boolean {
  return value.charAt(3) === value.charAt(6) && isSsn(value);
}

/** Check digit of a DEA registration number. */
export function isDea(value: string): boolean {
  const d = Array.from(value.slice(-7), Number) as [number, number, number, number, number, number, number];
  return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 === d[6];
}

/** Luhn over 80840 and the number (45 CFR 162.406). */
export function isNpi(value: string): boolean {
  let sum = 0;
  for (const [i, digit] of Array.from(`80840${value}`, Number).reverse().entries()) {
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return value.length === 10 && sum % 10 === 0;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const FIRST_YEAR = 1890;
const LAST_YEAR = 2100;

const isDay = (year: number, month: number, day: number): boolean =>
  year >= FIRST_YEAR && year <= LAST_YEAR && month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();

const fullYear = (digits: string): number => (digits.length === 2 ? 1900 + Number(digits) : Number(digits));

/** A day of the calendar that somebody can be born on, in one of the ways in which it is written. */
export function isDate(value: string): boolean {
  const numbers = value.match(/\d+/g) ?? [];
  const month = MONTHS.findIndex((name) => value.toLowerCase().includes(name)) + 1;
  if (month > 0) return numbers.length >= 2 && isDay(fullYear(numbers[1]!), month, Number(numbers[0]));
  if (numbers.length === 1) return isDay(Number(value.slice(0, 4)), Number(value.slice(4, 6)), Number(value.slice(6, 8)));
  const [a, b, c] = numbers as [string, string, string];
  if (a.length === 4) return isDay(Number(a), Number(b), Number(c));
  return isDay(fullYear(c), Number(a), Number(b)) || isDay(fullYear(c), Number(b), Number(a));
}

/** Nothing goes on behind it: no digit, and no separator with a digit behind it. */
export const endsNumber: Check = (_value, { text, start, end }) => !/[\w.+-]/.test(text.charAt(start - 1)) && !/^(?:\d|[.-]\d)/.test(text.slice(end, end + 2));

export const hasDigits =
  (least: number): Check =>
  (value) =>
    value.replaceAll(/\D/g, '').length >= least;

/** What systemd, package managers and shells write with an @ in it. */
const NO_DOMAINS =
  /\.(?:service|socket|slice|timer|target|mount|scope|device|path|swap|local|localdomain|localhost|internal|sock|git|conf|log|txt|json|yaml|yml|js|ts|py|sh|deb|rpm|gz|tgz)$/i;
const BEFORE_HOST = /(?:ssh|scp|sftp|rsync|sshfs|mosh)(?:\s+-\S+)*\s+$/;
/** Of commits: who wrote what, in public. */
const TRAILER = /^\s*(?:Author|Commit|Committer|AuthorDate|Signed-off-by|Co-authored-by|Reviewed-by|Acked-by|Tested-by|Maintainer|Changed-By|Uploaders)\s*:/i;

/** Whether an @ has the name of a place for mail behind it. Each character is looked at once. */
export function hasMailDomain(text: string): boolean {
  for (let at = text.indexOf('@'); at >= 0;) {
    let end = at + 1;
    while (end < text.length && /[A-Za-z0-9.-]/.test(text.charAt(end))) end += 1;
    const domain = text.slice(at + 1, end).replace(/[.-]$/, '');
    if (/\.[A-Za-z]{2,24}$/.test(domain) && !NO_DOMAINS.test(domain)) return true;
    // Behind two dots in a row an address ends.
    if (domain.includes('..')) return true;
    at = text.indexOf('@', end);
  }
  return false;
}

/** An address of somebody, and not a place to log in, a unit of systemd or the author of a commit. */
export const isMailbox: Check = (value, { text, start, end }) => {
  const domain = value.slice(value.indexOf('@') + 1);
  if (!/\.[a-z]{2,24}$/i.test(domain) || NO_DOMAINS.test(domain) || /^(?:git|root|noreply|no-reply)@/i.test(value)) return false;
  if (/[A-Za-z0-9._%+-]/.test(text.charAt(start - 1))) return false;
  if (/^:[~/\w]/.test(text.slice(end, end + 2)) || text.charAt(start - 1) === '/' || TRAILER.test(text)) return false;
  return !BEFORE_HOST.test(text.slice(Math.max(0, start - 40), start));
};

/** What stands where a password stands and is none. */
const NO_SECRETS =
  /^(?:\$.*|<.*|\*+|[x•]{3,}|\{\{.*|%.*|null|nil|none|true|false|yes|no|undefined|empty|required|optional|expired|invalid|missing|incorrect|unset|changed|accepted|authentication|string|file|stdin|prompt|env|ask|REDACTED.*|\[.*\])$/i;
export const isSecret: Check = (value) => value.length >= 4 && !NO_SECRETS.test(value);

/** Of staff: who entered or saw a patient stands behind the same word. */
const STAFF = /(?:entered|updated|verified|seen|edited|by)\s+(?:the\s+)?patient["'\s:=#|>(]*$/i;
/** What stands behind the label of a name and is none. */
const NO_NAMES =
  /^(?:Not|No|None|Null|Unknown|Unnamed|New|All|Any|Select|Enter|Missing|Invalid|Id|Mrn|Name|Status|See|Found|Created|Updated|Deleted|Record|Resource|Search|List)\b/i;
export const isPatient: Check = (value, { text, start }) => !NO_NAMES.test(value) && !STAFF.test(text.slice(Math.max(0, start - 60), start));
