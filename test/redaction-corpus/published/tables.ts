/**
 * Tables as psql 16, mysql 8, sqlite3 and sqlplus print them (their manuals: \pset border, linestyle, expanded, format; \G; .mode), with the columns of schemas
 * in the field: Epic's Clarity, OpenMRS, OMOP, OpenEMR, Synthea's CSV, and home-made ones. Marked are values of columns that say who somebody is.
 */
import type { Chance } from '../random.ts';
import { Writing, type CorpusDocument } from '../document.ts';
import { of, pad, put, widthOf } from './marked.ts';
import { compact, dayIn, hyphens, iso, person, phoneOf, slashed, type Person } from './people.ts';

interface Column {
  readonly name: string;
  readonly value: (who: Person, chance: Chance, row: number) => string;
  /** Numbers stand on the right. */
  readonly right?: boolean;
}

const his = (name: string, value: (who: Person, chance: Chance) => string, right = false): Column => ({
  name,
  value: (who, chance) => of(value(who, chance)),
  right,
});
const its = (name: string, value: (chance: Chance, row: number) => string, right = false): Column => ({
  name,
  value: (_, chance, row) => value(chance, row),
  right,
});
const at = (chance: Chance): string => `${iso(dayIn(chance))} ${chance.from(10, 23)}:${chance.from(10, 59)}:${chance.from(10, 59)}`;

const schemas: readonly (readonly Column[])[] = [
  [
    his('pat_id', (_, chance) => `Z${chance.digits(7)}`),
    his('pat_mrn_id', ({ mrn }) => mrn),
    his('pat_name', ({ family, given }) => `${family.toUpperCase()},${given.toUpperCase()}`),
    his('birth_date', (who) => `${iso(who.born)} 00:00:00`),
    its('sex_c', (chance) => String(chance.from(1, 2)), true),
    his('home_phone', ({ phone }) => hyphens(phone)),
    his('add_line_1', ({ street }) => street),
    his('zip', ({ zip }) => zip),
    his('email_address', ({ email }) => email),
    its('cur_pcp_prov_id', (chance) => chance.digits(6)),
  ],
  [
    its('person_id', (_, row) => String(row + 1), true),
    his('given_name', ({ given }) => given),
    his('middle_name', ({ middle }) => middle),
    his('family_name', ({ family }) => family),
    its('gender', (chance) => chance.pick(['M', 'F'])),
    his('birthdate', ({ born }) => iso(born)),
    its('date_created', at),
    its('voided', (chance) => chance.pick(['t', 'f'])),
  ],
  [
    its('id', (_, row) => String(4711 + row), true),
    his('fname', ({ given }) => given),
    his('lname', ({ family }) => family),
    his('DOB', ({ born }) => iso(born)),
    his('ss', ({ ssn }) => ssn),
    his('street', ({ street }) => street),
    his('postal_code', ({ zip }) => zip),
    his('phone_home', (who, chance) => phoneOf(chance, who.phone)),
    his('phone_cell', (who, chance) => phoneOf(chance, who.phone)),
    its('status', (chance) => chance.pick(['single', 'married', ''])),
    his('email', ({ email }) => email),
  ],
  [
    his('mrn', ({ mrn }) => mrn),
    his('last_name', ({ family }) => family),
    his('first_name', ({ given }) => given),
    his('dob', ({ born }) => slashed(born)),
    his('ssn', ({ ssn }) => ssn),
    its('ward', (chance) => chance.pick(['3 WEST', 'ICU', 'ED'])),
    its('admitted', at),
  ],
  [
    its('order_id', (chance) => chance.digits(7), true),
    his('patientName', ({ given, family }) => `${given} ${family}`),
    his('dateOfBirth', ({ born }) => iso(born)),
    his('medicalRecordNumber', ({ mrn }) => mrn),
    his('mobilePhone', (who, chance) => phoneOf(chance, who.phone)),
    its('orderStatus', (chance) => chance.pick(['ACTIVE', 'DISCONTINUED'])),
    its('createdAt', at),
  ],
  [
    his('subscriber_id', ({ member }) => member),
    his('member_name', ({ given, family }) => `${family}, ${given}`),
    his('member_dob', ({ born }) => compact(born)),
    its('plan_name', (chance) => chance.pick(['PPO Gold', 'HMO 2'])),
    its('table_name', (chance) => chance.pick(['claims', 'elig'])),
    its('effective', (chance) => iso(dayIn(chance))),
  ],
  [
    its('visit_occurrence_id', (chance) => chance.digits(6), true),
    his('person_source_value', ({ mrn }) => mrn),
    his('birth_datetime', ({ born }) => `${iso(born)} 00:00:00`),
    its('host_name', (chance) => `ie0${chance.from(1, 9)}`),
    its('ip_address', (chance) => `10.${chance.from(0, 255)}.${chance.from(0, 255)}.${chance.from(1, 254)}`),
    its('concept_name', (chance) => chance.pick(['Inpatient Visit', 'Body weight'])),
  ],
  [
    its('Id', (chance) => `${chance.digits(8)}-7e57-4f11-9d7b-${chance.digits(12)}`),
    his('BIRTHDATE', ({ born }) => iso(born)),
    his('SSN', ({ ssn }) => ssn),
    his('DRIVERS', ({ licence }) => licence),
    his('FIRST', ({ given }) => given),
    his('LAST', ({ family }) => family),
    his('MAIDEN', ({ maiden }) => maiden),
    its('MARITAL', (chance) => chance.pick(['M', 'S'])),
    his('ADDRESS', ({ street }) => street),
    its('STATE', (chance) => chance.pick(['Massachusetts', 'Indiana'])),
    his('ZIP', ({ zip }) => zip),
  ],
];

type Style = (columns: readonly Column[], rows: readonly (readonly string[])[], chance: Chance) => string;

const widths = (columns: readonly Column[], rows: readonly (readonly string[])[]): number[] =>
  columns.map(({ name }, i) => Math.max(name.length, ...rows.map((row) => widthOf(row[i]!))));
const centred = (text: string, width: number): string => {
  const left = Math.floor((width - text.length) / 2);
  return ' '.repeat(left) + text + ' '.repeat(width - text.length - left);
};

interface Frame {
  readonly across: string;
  readonly down: string;
  readonly cross: readonly [string, string, string];
}
const ascii: Frame = { across: '-', down: '|', cross: ['+', '+', '+'] };
const unicode: Frame = { across: '─', down: '│', cross: ['├', '┼', '┤'] };

const aligned =
  (border: 0 | 1 | 2, { across, down, cross }: Frame, footer = true): Style =>
  (columns, rows) => {
    const width = widths(columns, rows);
    const blank = border === 0 ? '' : ' ';
    const between = border === 0 ? ' ' : down;
    const row = (cells: readonly string[]): string => {
      const inner = cells.map((cell) => `${blank}${cell}${blank}`).join(between);
      return border === 2 ? `${down}${inner}${down}` : inner.trimEnd();
    };
    const rule = (ends: readonly [string, string, string]): string => {
      const inner = width.map((one) => across.repeat(one + 2 * blank.length)).join(border === 0 ? ' ' : ends[1]);
      return border === 2 ? `${ends[0]}${inner}${ends[2]}` : inner;
    };
    return [
      ...(border === 2 ? [rule(cross)] : []),
      row(columns.map(({ name }, i) => centred(name, width[i]!))),
      rule(cross),
      ...rows.map((cells) => row(cells.map((cell, i) => pad(cell, width[i]!, columns[i]!.right)))),
      ...(border === 2 ? [rule(cross)] : []),
      ...(footer ? [`(${rows.length} row${rows.length === 1 ? '' : 's'})`] : []),
    ].join('\n');
  };

const expanded =
  (border: 1 | 2, { across, down, cross }: Frame): Style =>
  (columns, rows) => {
    const names = Math.max(...columns.map(({ name }) => name.length));
    const values = Math.max(...rows.flat().map(widthOf));
    return rows
      .map((cells, n) => {
        const head = `-[ RECORD ${n + 1} ]`.replaceAll('-', across);
        const lines = columns.map(({ name }, i) =>
          border === 2 ? `${down} ${pad(name, names)} ${down} ${pad(cells[i]!, values)} ${down}` : `${pad(name, names)} ${down} ${cells[i]!}`.trimEnd(),
        );
        const rule = `${head}${across.repeat(Math.max(0, names + 2 - head.length))}${cross[1]}${across.repeat(values + 2)}`;
        return [border === 2 ? `${cross[0]}${rule}${cross[2]}` : rule, ...lines].join('\n');
      })
      .join('\n');
  };

const mysqlRows: Style = (columns, rows) => {
  const names = Math.max(...columns.map(({ name }) => name.length));
  return rows
    .map((cells, n) =>
      [
        `*************************** ${n + 1}. row ***************************`,
        ...columns.map(({ name }, i) => `${pad(name, names, true)}: ${cells[i]!}`),
      ].join('\n'),
    )
    .join('\n');
};

const quoted = (cell: string): string => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const separated =
  (mark: string): Style =>
  (columns, rows) =>
    [columns.map(({ name }) => name), ...rows].map((cells) => cells.map((cell) => (mark === ',' ? quoted(cell) : cell)).join(mark)).join('\n');

/** \pset format wrapped: a value that is too long goes on in the next line, with a dot behind what was cut. */
const wrapped: Style = (columns, rows, chance) => {
  const width = widths(columns, rows).map((one, i) => Math.max(columns[i]!.name.length, one > 14 && chance.next() < 0.7 ? 12 : one));
  const pieces = (cell: string, room: number): string[] => {
    const [open, text, close] = cell.startsWith('\ue000') ? ['\ue000', cell.slice(1, -1), '\ue001'] : ['', cell, ''];
    return (text.match(new RegExp(`[^]{1,${room}}`, 'g')) ?? ['']).map((piece) => `${open}${piece}${close}`);
  };
  const lines = rows.flatMap((cells) => {
    const cut = cells.map((cell, i) => pieces(cell, width[i]!));
    return Array.from({ length: Math.max(...cut.map(({ length }) => length)) }, (_, line) =>
      cut
        .map(
          (of, i) => `${line > 0 && of[line] !== undefined ? '.' : ' '}${pad(of[line] ?? '', width[i]!, columns[i]!.right)}${line + 1 < of.length ? '.' : ' '}`,
        )
        .join('|')
        .trimEnd(),
    );
  });
  return [
    columns
      .map(({ name }, i) => centred(name, width[i]! + 2))
      .join('|')
      .trimEnd(),
    width.map((one) => '-'.repeat(one + 2)).join('+'),
    ...lines,
  ].join('\n');
};

/** sqlplus: the name on the left, a line under it, cells one blank apart. */
const sqlplus: Style = (columns, rows) => {
  const width = widths(columns, rows);
  return [
    columns.map(({ name, right }, i) => pad(name.toUpperCase(), width[i]!, right)).join(' '),
    width.map((one) => '-'.repeat(one)).join(' '),
    ...rows.map((cells) =>
      cells
        .map((cell, i) => pad(cell, width[i]!, columns[i]!.right))
        .join(' ')
        .trimEnd(),
    ),
  ].join('\n');
};

const styles: readonly (readonly [string, Style])[] = [
  ['psql', aligned(1, ascii)],
  ['psql', aligned(1, ascii)],
  ['psql', aligned(1, ascii)],
  ['psql border 0', aligned(0, ascii)],
  ['psql border 2', aligned(2, ascii)],
  ['psql unicode', aligned(1, unicode)],
  ['psql unicode 2', aligned(2, unicode)],
  ['psql expanded', expanded(1, ascii)],
  ['psql expanded', expanded(1, ascii)],
  ['psql expanded 2', expanded(2, ascii)],
  ['psql expanded unicode', expanded(1, unicode)],
  ['psql wrapped', wrapped],
  ['psql unaligned', separated('|')],
  ['csv', separated(',')],
  ['tsv', separated('\t')],
  ['mysql', aligned(2, ascii, false)],
  ['mysql rows', mysqlRows],
  ['sqlite box', aligned(2, unicode, false)],
  ['sqlplus', sqlplus],
];

export function table(chance: Chance): CorpusDocument {
  const to = new Writing();
  const all = chance.pick(schemas);
  const some = all.filter(() => chance.next() < 0.75);
  const columns = some.length > 1 ? some : all;
  const [form, style] = chance.pick(styles);
  const rows = Array.from({ length: chance.from(1, 8) }, (_, row) => {
    const who = person(chance);
    return columns.map(({ value }) => (chance.next() < 0.05 ? '' : value(who, chance, row)));
  });
  to.put(
    chance.pick([
      'adt=# select * from patient limit 8;',
      'mysql> select * from patients where updated_at > now() - interval 1 day;',
      'emr=> table v_export;',
      '$ ./report.sh',
    ]),
  ).line();
  put(to, 'columns', style(columns, rows, chance));
  return to
    .line()
    .put(chance.pick(['', '\nadt=# ', '\nmysql> ']))
    .line()
    .done(form);
}
