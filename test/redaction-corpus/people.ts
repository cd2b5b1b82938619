/** People who do not exist, with everything by which a hospital knows somebody. Nothing here knows the recognisers. */
import type { Chance } from './random.ts';

export interface CorpusPerson {
  readonly first: string;
  readonly middle: string;
  readonly last: string;
  /** year, month, day. */
  readonly born: readonly [number, number, number];
  readonly sex: 'F' | 'M';
  readonly ssn: string;
  readonly mrn: string;
  readonly visit: string;
  readonly phone: readonly [string, string, string];
  readonly email: string;
  readonly mbi: string;
  readonly member: string;
  readonly street: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
}

const FIRST = [
  'Rosa',
  'Kwame',
  'Ingrid',
  'Mei',
  'Tomasz',
  'Aisha',
  'Jamal',
  'Siobhan',
  'Hector',
  'Yuki',
  'Priya',
  'Olu',
  'Chloe',
  'Dmitri',
  'Fatima',
  'Walter',
  'Bernice',
  'Carlos',
  'Noor',
  'Edith',
];
const LAST = [
  'Diaz',
  'Osei',
  'Larsen',
  'Chen',
  'Nowak',
  'Rahman',
  "O'Brien",
  'Whitfield',
  'Okafor',
  'Tanaka',
  'Iyer',
  'Abernathy',
  'Castellanos',
  'Volkov',
  'Haddad',
  'Kowalczyk',
  'Smith-Jones',
  'Nguyen',
  'Purdy',
  'Quispe',
];
const STREETS = ['Maple St', 'Commonwealth Ave', 'Elm Rd', 'Harbor Blvd', 'Old Mill Ln', 'Beacon St', 'Third Ave', 'Cedar Ct'];
const CITIES: readonly (readonly [string, string])[] = [
  ['Boston', 'MA'],
  ['Worcester', 'MA'],
  ['Albany', 'NY'],
  ['Dayton', 'OH'],
  ['Fresno', 'CA'],
  ['Tampa', 'FL'],
  ['Duluth', 'MN'],
];
const MBI_LETTERS = 'ACDEFGHJKMNPQRTUVWXY';

export function person(chance: Chance): CorpusPerson {
  const first = chance.pick(FIRST);
  const last = chance.pick(LAST);
  const letter = (): string => chance.pick(Array.from(MBI_LETTERS));
  const either = (): string => (chance.next() < 0.5 ? letter() : chance.digits(1));
  const area = chance.pick([chance.from(1, 665), chance.from(667, 899)]);
  const [city, state] = chance.pick(CITIES);
  return {
    first,
    last,
    middle: chance.pick(Array.from('ABCDEFGJKLMNPRSTW')),
    born: [chance.from(1921, 2024), chance.from(1, 12), chance.from(1, 28)],
    sex: chance.pick(['F', 'M'] as const),
    ssn: `${String(area).padStart(3, '0')}-${String(chance.from(1, 99)).padStart(2, '0')}-${String(chance.from(1, 9999)).padStart(4, '0')}`,
    mrn: `00${chance.digits(6)}`,
    visit: `1${chance.digits(8)}`,
    phone: [`${chance.from(2, 9)}${chance.digits(2)}`, `${chance.from(2, 9)}${chance.digits(2)}`, chance.digits(4)],
    email: `${first}.${last}${chance.from(1, 99)}@${chance.pick(['example.com', 'mail.example.org', 'post.example.net'])}`.toLowerCase().replaceAll("'", ''),
    mbi: `${chance.from(1, 9)}${letter()}${either()}${chance.digits(1)}-${letter()}${either()}${chance.digits(1)}-${letter()}${letter()}${chance.digits(2)}`,
    member: `${chance.pick(['W', 'XYZ', 'H', 'ABC'])}${chance.digits(9)}`,
    street: `${chance.from(1, 9999)} ${chance.pick(STREETS)}`,
    city,
    state,
    zip: chance.digits(5),
  };
}

export function dea(chance: Chance, last: string): string {
  const d = Array.from(chance.digits(6), Number) as [number, number, number, number, number, number];
  return `${chance.pick(['A', 'B', 'F', 'M'])}${last.charAt(0).toUpperCase()}${d.join('')}${(d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10}`;
}
