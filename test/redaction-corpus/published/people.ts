/** People as Synthea makes them: names with and without its numbers, accents, apostrophes, hyphens and two words, over a whole country and a whole life. */
import type { Chance } from '../random.ts';

export interface Person {
  readonly family: string;
  readonly given: string;
  readonly middle: string;
  readonly maiden: string;
  readonly mother: string;
  readonly sex: 'M' | 'F';
  readonly born: Day;
  readonly ssn: string;
  readonly mrn: string;
  readonly visit: string;
  readonly account: string;
  readonly member: string;
  readonly mbi: string;
  readonly licence: string;
  readonly phone: Phone;
  readonly email: string;
  readonly street: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
}

export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export interface Phone {
  readonly area: string;
  readonly exchange: string;
  readonly line: string;
}

const families = (
  "Feest Hilpert O'Keefe McGlynn Wuckert Vandervort Schowalter Ruiz Núñez Saldaña Nguyen Okafor Kowalczyk Smith-Jones De_la_Cruz Van_Dyke Li Xu St._John Bauch " +
  'Güell Gleason Zboncak D’Amore Haag Corkery Ortega Abbott Young White March Booker Park Day Lane King Baker Page'
)
  .split(' ')
  .map((name) => name.replaceAll('_', ' '));
const given = {
  M: 'Gerardo Elliott José Dwain Ian Tyrone Lê Mohamed Anatoly Jean-Luc Will Mark Art Guy Drew Jeromy Wei'.split(' '),
  F: 'Agatha Zoë Mariana Shaniqua Siobhán Ngozi Lupe Hope Joy Dawn May Summer Anne-Marie Bao Ludivina Kiyoko'.split(' '),
};
const streets =
  'Elm_Street Gleichner_Village Legros_Ferry_Apt_42 N_Meridian_St County_Road_9 Harvard_Ave._#3B Bradtke_Rest_Unit_7 Sunset_Blvd Old_Post_Rd W_100th_Ave Calle_Ocho'
    .split(' ')
    .map((street) => street.replaceAll('_', ' '));
const cities = [
  ['Worcester', 'MA', '016'],
  ['Fishers', 'IN', '460'],
  ['Saint Paul', 'MN', '551'],
  ['Winston-Salem', 'NC', '271'],
  ['Los Angeles', 'CA', '900'],
  ['San Juan', 'PR', '009'],
  ['Albuquerque', 'NM', '871'],
  ['Anchorage', 'AK', '995'],
] as const;
const places = ['example.com', 'mail.example.org', 'clinic.example.net', 'patients.example.co'];

/** CMS, “Understanding the MBI format”: where a letter, a digit or either may stand; S, L, O, I, B and Z never do. */
export function mbi(chance: Chance): string {
  const letters = [...'ACDEFGHJKMNPQRTUVWXY'];
  const digits = [...'0123456789'];
  const either = [...digits, ...letters];
  return [digits.slice(1), letters, either, digits, letters, either, digits, letters, letters, digits, digits].map((set) => chance.pick(set)).join('');
}

/** The DEA's check digit: the sum of the first, third and fifth, and twice that of the second, fourth and sixth. */
export function dea(chance: Chance, family: string): string {
  const digits = Array.from(chance.digits(6), Number);
  const sum = digits[0]! + digits[2]! + digits[4]! + 2 * (digits[1]! + digits[3]! + digits[5]!);
  return `${chance.pick([...'ABFGMPR'])}${/^[A-Z]/.test(family) ? family[0]! : 'X'}${digits.join('')}${sum % 10}`;
}

export function person(chance: Chance): Person {
  const sex = chance.pick(['M', 'F'] as const);
  const numbered = chance.next() < 0.3;
  const named = (name: string): string => (numbered ? `${name}${chance.from(1, 999)}` : name);
  const family = named(chance.pick(families));
  const first = named(chance.pick(given[sex]));
  const [city, state, zip] = chance.pick(cities);
  const area = chance.pick(['212', '317', '415', '508', '612', '787', '907', '336']);
  let ssnArea = chance.from(1, 899);
  if (ssnArea === 666) ssnArea = 667;
  const ascii = (name: string): string => name.normalize('NFD').replaceAll(/[^A-Za-z0-9]/g, '');
  return {
    family,
    given: first,
    middle: chance.next() < 0.5 ? chance.pick([...'ABCDEJKLMRST']) : named(chance.pick(given[sex])),
    maiden: named(chance.pick(families)),
    mother: named(chance.pick(given.F)),
    sex,
    born: { year: chance.from(1921, 2025), month: chance.from(1, 12), day: chance.from(1, 28) },
    ssn: `${String(ssnArea).padStart(3, '0')}-${String(chance.from(1, 99)).padStart(2, '0')}-${String(chance.from(1, 9999)).padStart(4, '0')}`,
    mrn: chance.pick(['', '', '', 'E', 'M', 'MR', 'HN']) + chance.digits(chance.from(6, 9)),
    visit: chance.pick(['', '', 'V', 'ENC']) + chance.digits(chance.from(7, 10)),
    account: chance.pick(['', 'A', 'ACT']) + chance.digits(chance.from(7, 10)),
    member: chance.pick(['W', 'XYZ', 'JS', 'H', '']) + chance.digits(chance.from(8, 11)),
    mbi: mbi(chance),
    licence: `S${chance.digits(8)}`,
    phone: { area, exchange: String(chance.from(200, 999)), line: chance.digits(4) },
    email:
      `${ascii(first)}${chance.pick(['.', '_', ''])}${ascii(family)}${chance.pick(['', '+portal', String(chance.from(1, 99))])}@${chance.pick(places)}`.toLowerCase(),
    street: `${chance.from(1, 19999)} ${chance.pick(streets)}`,
    city,
    state,
    zip: zip + chance.digits(2),
  };
}

const two = (value: number): string => String(value).padStart(2, '0');
export const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
export const compact = ({ year, month, day }: Day): string => `${year}${two(month)}${two(day)}`;
export const iso = ({ year, month, day }: Day): string => `${year}-${two(month)}-${two(day)}`;
export const slashed = ({ year, month, day }: Day): string => `${two(month)}/${two(day)}/${year}`;
/** As FileMan prints a day: JAN 05, 1950 or JAN 5,1950. */
export const fileman = ({ year, month, day }: Day, wide: boolean): string =>
  `${months[month - 1]!.toUpperCase()} ${wide ? two(day) : day},${wide ? ' ' : ''}${year}`;
/** As VistA's look-up of a patient prints a day: 5-4-66. */
export const dashed = ({ year, month, day }: Day): string => `${month}-${day}-${two(year % 100)}`;
export const dayIn = (chance: Chance, year = chance.from(2019, 2026)): Day => ({ year, month: chance.from(1, 12), day: chance.from(1, 28) });
export const parens = ({ area, exchange, line }: Phone): string => `(${area})${exchange}-${line}`;
export const hyphens = ({ area, exchange, line }: Phone): string => `${area}-${exchange}-${line}`;
export const phoneOf = (chance: Chance, phone: Phone): string =>
  chance.pick([
    hyphens(phone),
    parens(phone),
    `(${phone.area}) ${phone.exchange}-${phone.line}`,
    `${phone.area}.${phone.exchange}.${phone.line}`,
    `+1 ${hyphens(phone)}`,
    `+1-${hyphens(phone)}`,
    `1-${hyphens(phone)}`,
  ]);
