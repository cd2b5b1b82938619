/** What hospitals show in a terminal, about people who do not exist: forms, messages, tables, claims, screens, logs of administrators with secrets in them. */
import type { Chance } from './random.ts';
import { dea, person, type CorpusPerson } from './people.ts';
import { Writing, type CorpusDocument } from './document.ts';

const two = (n: number): string => String(n).padStart(2, '0');
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const compact = ([y, m, d]: CorpusPerson['born']): string => `${y}${two(m)}${two(d)}`;
const iso = ([y, m, d]: CorpusPerson['born']): string => `${y}-${two(m)}-${two(d)}`;
const us = ([y, m, d]: CorpusPerson['born']): string => `${two(m)}/${two(d)}/${y}`;
const vista = ([y, m, d]: CorpusPerson['born']): string => `${MONTHS[m - 1]} ${d},${y}`;

/** A sheet or a log with labels, as one writes them. */
function labelled(chance: Chance): CorpusDocument {
  const who = person(chance);
  const writing = new Writing();
  const [a, b, c] = who.phone;
  const rows: (readonly [label: string, kind: string, value: string])[] = [
    [
      chance.pick(['SSN: ', 'SSN ', 'Social Security No: ', 'ssn=', 'Soc. Sec. #: ']),
      'ssn',
      chance.pick([who.ssn, who.ssn, who.ssn.replaceAll('-', ' '), who.ssn.replaceAll('-', '')]),
    ],
    [chance.pick(['MRN: ', 'MRN ', 'mrn=', 'Medical Record Number: ', 'Med Rec #: ', 'Patient ID: ', 'MR# ', 'MRN#: ', 'patient_id=']), 'mrn', who.mrn],
    [chance.pick(['CSN: ', 'Visit #: ', 'Encounter ID: ', 'HAR: ', 'visit_no=', 'FIN: ']), 'visit', who.visit],
    [chance.pick(['DOB: ', 'DOB ', 'Date of Birth: ', 'D.O.B.: ', 'dob=', 'Birth Date: ', 'born ']), 'dob', chance.pick([iso, us, vista])(who.born)],
    [
      chance.pick(['Phone: ', 'call ', 'tel ', 'home phone: ', 'Cell: ', '']),
      'phone',
      chance.pick([`(${a}) ${b}-${c}`, `${a}-${b}-${c}`, `${a}.${b}.${c}`, `+1 ${a} ${b} ${c}`]),
    ],
    [chance.pick(['E-mail: ', 'mail to ', '']), 'email', who.email],
    [chance.pick(['MBI: ', 'Medicare ', 'Medicare No. ', '']), 'mbi', chance.pick([who.mbi, who.mbi.replaceAll('-', '')])],
    [chance.pick(['DEA: ', 'DEA# ', 'DEA No. ', 'DEA Number: ']), 'dea', dea(chance, who.last)],
    [chance.pick(['Member ID: ', 'Policy No: ', 'member_id=', 'Subscriber ID: ', 'Claim #: ', 'Policy Number ']), 'member', who.member],
    [
      chance.pick(['Patient: ', 'NAME: ', 'Patient Name: ', 'PT NAME: ']),
      'name',
      `${who.last.toUpperCase()},${who.first.toUpperCase()}${chance.next() < 0.5 ? ` ${who.middle}` : ''}`,
    ],
  ];
  writing.put(`${chance.pick(['2026-11-28 09:14:02', 'Nov 28 09:14:02 ward7', '[info]'])} record ${chance.from(1, 900)} opened\n`);
  for (const [label, kind, value] of rows)
    if (chance.next() < 0.8)
      writing
        .put(label)
        .mark(kind, value)
        .put(chance.pick(['', ' ok', '; verified', ' (2 of 3)']))
        .line();
  return writing.put(`status: ${chance.pick(['active', 'discharged', 'transferred'])}\n`).done('labelled');
}

/** An ADT or an ORU. The segments end with a line feed, as `tr '\r' '\n'` shows them. */
function hl7(chance: Chance): CorpusDocument {
  const who = person(chance);
  const kin = person(chance);
  const [a, b, c] = who.phone;
  const field =
    (...parts: readonly (readonly [string, string] | string)[]) =>
    (writing: Writing): void => {
      for (const part of parts) {
        if (typeof part === 'string') writing.put(part);
        else writing.mark(part[0], part[1]);
      }
    };
  const writing = new Writing();
  const kind = 'hl7';
  writing.put(`MSH|^~\\&|ADT1|WARD7|LAB|HOSP|202611280914||${chance.pick(['ADT^A01', 'ADT^A08', 'ORU^R01'])}|MSG${chance.digits(5)}|P|2.5.1\n`);
  writing.put('PID|1|');
  for (const part of [
    field(),
    field(
      [kind, who.mrn],
      '^^^',
      [kind, 'HOSP'],
      '^',
      [kind, 'MR'],
      ...(chance.next() < 0.4 ? (['~', [kind, who.ssn.replaceAll('-', '')], '^^^', [kind, 'USA'], '^', [kind, 'SS']] as const) : []),
    ),
    field(),
    field([kind, who.last.toUpperCase()], '^', [kind, who.first.toUpperCase()], '^', [kind, who.middle]),
    field([kind, kin.last.toUpperCase()]),
    field([kind, compact(who.born)]),
    field(who.sex),
    field(),
    field('2106-3'),
    field([kind, who.street], '^^', [kind, who.city], '^', [kind, who.state], '^', [kind, who.zip]),
    field(),
    field([kind, `(${a})${b}-${c}`]),
    field(),
    field('ENG'),
    field('S'),
    field(),
    field([kind, who.visit]),
    field([kind, who.ssn]),
  ]) {
    part(writing);
    writing.put('|');
  }
  writing.line();
  if (chance.next() < 0.6)
    writing
      .put('NK1|1|')
      .mark(kind, kin.last.toUpperCase())
      .put('^')
      .mark(kind, kin.first.toUpperCase())
      .put('|SPO|')
      .mark(kind, kin.street)
      .put('|')
      .mark(kind, kin.phone.join('-'))
      .line();
  writing.put('PV1|1|I|ICU^04^2||||1234^HOUSE^GREG|||MED|||||||||').mark(kind, who.visit).line();
  if (chance.next() < 0.5) {
    writing
      .put('OBR|1|')
      .mark(kind, `P${chance.digits(6)}`)
      .put('|')
      .mark(kind, `L${chance.digits(6)}`)
      .put('|CBC^COMPLETE BLOOD COUNT\n');
    writing.put(`OBX|1|NM|WBC^LEUKOCYTES||${chance.from(3, 12)}.${chance.digits(1)}|10*3/uL|4.0-11.0|N|||F\n`);
  }
  return writing.done('hl7');
}

function fhir(chance: Chance): CorpusDocument {
  const who = person(chance);
  const kind = 'fhir';
  const pretty = chance.next() < 0.7;
  const writing = new Writing();
  const [nl, one, mid] = pretty ? ['\n', '  ', ': '] : ['', '', ':'];
  const deep = (n: number): string => nl + one.repeat(n);
  writing.put(
    `{${deep(1)}"resourceType"${mid}"Patient",${deep(1)}"id"${mid}"p${chance.from(1, 99)}",${deep(1)}"identifier"${mid}[${deep(2)}{${deep(3)}"system"${mid}"urn:oid:1.2.36.146",${deep(3)}"value"${mid}"`,
  );
  writing
    .mark(kind, who.mrn)
    .put(`"${deep(2)}}${deep(1)}],${deep(1)}"active"${mid}true,${deep(1)}"name"${mid}[${deep(2)}{${deep(3)}"use"${mid}"official",${deep(3)}"family"${mid}"`)
    .mark(kind, who.last)
    .put(`",${deep(3)}"given"${mid}[${deep(4)}"`);
  writing
    .mark(kind, who.first)
    .put(`",${deep(4)}"`)
    .mark(kind, who.middle)
    .put(`"${deep(3)}]${deep(2)}}${deep(1)}],${deep(1)}"telecom"${mid}[${deep(2)}{${deep(3)}"system"${mid}"phone",${deep(3)}"value"${mid}"`)
    .mark(kind, who.phone.join('-'));
  writing
    .put(`"${deep(2)}}${deep(1)}],${deep(1)}"gender"${mid}"${who.sex === 'F' ? 'female' : 'male'}",${deep(1)}"birthDate"${mid}"`)
    .mark(kind, iso(who.born))
    .put(`",${deep(1)}"address"${mid}[${deep(2)}{${deep(3)}"line"${mid}[${deep(4)}"`);
  writing
    .mark(kind, who.street)
    .put(`"${deep(3)}],${deep(3)}"city"${mid}"`)
    .mark(kind, who.city)
    .put(`",${deep(3)}"state"${mid}"${who.state}",${deep(3)}"postalCode"${mid}"`)
    .mark(kind, who.zip)
    .put(`"${deep(2)}}${deep(1)}]${nl}}\n`);
  return writing.done('fhir');
}

interface Column {
  readonly name: string;
  readonly kind?: string;
  readonly value: (who: CorpusPerson, chance: Chance) => string;
}
const COLUMNS: readonly Column[] = [
  { name: 'id', value: (_, chance) => String(chance.from(1, 9999)) },
  { name: 'last_name', kind: 'columns', value: (who) => who.last },
  { name: 'first_name', kind: 'columns', value: (who) => who.first },
  { name: 'ssn', kind: 'columns', value: (who) => who.ssn },
  { name: 'mrn', kind: 'columns', value: (who) => who.mrn },
  { name: 'dob', kind: 'columns', value: (who) => iso(who.born) },
  { name: 'birth_date', kind: 'columns', value: (who) => us(who.born) },
  { name: 'patient_name', kind: 'columns', value: (who) => `${who.first} ${who.last}` },
  { name: 'email', kind: 'columns', value: (who) => who.email },
  { name: 'home_phone', kind: 'columns', value: (who) => who.phone.join('') },
  { name: 'address', kind: 'columns', value: (who) => who.street },
  { name: 'zip', kind: 'columns', value: (who) => who.zip },
  { name: 'member_id', kind: 'columns', value: (who) => who.member },
  { name: 'status', value: (_, chance) => chance.pick(['active', 'discharged', 'hold']) },
  { name: 'ward', value: (_, chance) => chance.pick(['ICU', 'MED', '7B']) },
  { name: 'updated_at', value: (_, chance) => `2026-11-${two(chance.from(1, 28))} 08:${two(chance.from(0, 59))}:00` },
  { name: 'host_name', value: (_, chance) => `ward${chance.from(1, 9)}` },
];

function psql(chance: Chance): CorpusDocument {
  const columns = COLUMNS.filter(() => chance.next() < 0.5);
  const people = Array.from({ length: chance.from(1, 6) }, () => person(chance));
  const rows = people.map((who) => columns.map((column) => column.value(who, chance)));
  const writing = new Writing();
  if (columns.length < 2) return writing.put('(0 rows)\n').done('psql');
  const put = ({ kind }: Column, value: string): void => void (kind === undefined ? writing.put(value) : writing.mark(kind, value));
  const form = chance.from(0, 3);
  if (form === 0) {
    const name = Math.max(...columns.map((column) => column.name.length));
    for (const [n, row] of rows.entries()) {
      writing.put(`-[ RECORD ${n + 1} ]${'-'.repeat(20)}\n`);
      for (const [i, column] of columns.entries()) {
        writing.put(`${column.name.padEnd(name)} | `);
        put(column, row[i]!);
        writing.line();
      }
    }
    return writing.line().done('psql');
  }
  if (form === 1) {
    writing.put(columns.map(({ name }) => name).join(',')).line();
    for (const row of rows) {
      for (const [i, column] of columns.entries()) {
        put(column, row[i]!);
        writing.put(i === columns.length - 1 ? '\n' : ',');
      }
    }
    return writing.line().done('psql');
  }
  const widths = columns.map(({ name }, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const framed = form === 2;
  const rule = framed ? `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n` : `${widths.map((width) => '-'.repeat(width + 2)).join('+')}\n`;
  const edge = framed ? '|' : '';
  if (framed) writing.put(rule);
  writing
    .put(edge + columns.map(({ name }, i) => ` ${name.padEnd(widths[i]!)} `).join('|') + edge)
    .line()
    .put(rule);
  for (const row of rows) {
    writing.put(edge);
    for (const [i, column] of columns.entries()) {
      writing.put(' ');
      put(column, row[i]!);
      writing.put(`${' '.repeat(widths[i]! - row[i]!.length)} ${i === columns.length - 1 ? edge : '|'}`);
    }
    writing.line();
  }
  if (framed) writing.put(rule);
  return writing.put(`(${rows.length} row${rows.length === 1 ? '' : 's'})\n\n`).done('psql');
}

function x12(chance: Chance): CorpusDocument {
  const who = person(chance);
  const kind = 'x12';
  const end = chance.next() < 0.5 ? '~\n' : '~';
  const writing = new Writing();
  writing.put(
    `ISA*00*          *00*          *ZZ*SUBMITTER      *ZZ*RECEIVER       *261128*0914*^*00501*${chance.digits(9)}*0*P*:${end}GS*HC*SUB*REC*20261128*0914*1*X*005010X222A1${end}ST*837*0001*005010X222A1${end}`,
  );
  writing.put('NM1*85*2*EXAMPLE CLINIC*****XX*1234567893').put(end);
  writing
    .put('NM1*IL*1*')
    .mark(kind, who.last.toUpperCase())
    .put('*')
    .mark(kind, who.first.toUpperCase())
    .put('*')
    .mark(kind, who.middle)
    .put('***MI*')
    .mark(kind, who.member)
    .put(end);
  writing
    .put('N3*')
    .mark(kind, who.street.toUpperCase())
    .put(`${end}N4*`)
    .mark(kind, who.city.toUpperCase())
    .put(`*${who.state}*`)
    .mark(kind, who.zip)
    .put(end);
  writing.put('DMG*D8*').mark(kind, compact(who.born)).put(`*${who.sex}${end}`);
  if (chance.next() < 0.5) writing.put('REF*SY*').mark(kind, who.ssn.replaceAll('-', '')).put(end);
  return writing
    .put('CLM*')
    .mark(kind, `A${chance.digits(7)}`)
    .put(`*${chance.from(40, 900)}***11:B:1*Y*A*Y*Y${end}HI*ABK:J189${end}SE*12*0001${end}`)
    .put('\n')
    .done('x12');
}

/** Screens of VistA: a label and its value on one row, several on a row. */
function vistaScreen(chance: Chance): CorpusDocument {
  const who = person(chance);
  const writing = new Writing();
  const name = `${who.last.toUpperCase()},${who.first.toUpperCase()}`;
  writing.put('                       PATIENT INQUIRY                    NOV 28,2026@09:14   PAGE 1\n');
  writing
    .put('  NAME: ')
    .mark('name', name)
    .put(' '.repeat(Math.max(1, 30 - name.length)))
    .put('SSN: ')
    .mark('ssn', who.ssn)
    .line();
  writing.put('   DOB: ').mark('dob', vista(who.born)).put('             SEX: ').put(who.sex).line();
  writing.put(`  WARD: 7B          BED: 04         MRN: `).mark('mrn', who.mrn).line();
  writing.put('Phone: ').mark('phone', `(${who.phone[0]}) ${who.phone[1]}-${who.phone[2]}`).put('   E-mail: ').mark('email', who.email).line();
  return writing.put('\nSelect Action: Next Screen// \n').done('vista');
}

/** What administrators type and see, with something in it that opens something. */
function secrets(chance: Chance): CorpusDocument {
  const letters = (count: number, from = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'): string =>
    Array.from({ length: count }, () => chance.pick(Array.from(from))).join('');
  const word = `${chance.pick(['Sommer', 'hunter', 'Tr0ub4dor', 'ward'])}${chance.pick(['-', '!', '#', '_'])}${chance.digits(4)}`;
  const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const writing = new Writing();
  const forms: readonly (() => unknown)[] = [
    () => writing.put('$ PGPASSWORD=').mark('password', word).put(' psql -h db ward\n'),
    () => writing.put('$ mysql -u root -p').mark('password', word).put(' ward\n'),
    () => writing.put('$ curl -u ada:').mark('password', word).put(' https://hie.example.org/fhir\n'),
    () => writing.put('DATABASE_URL=postgres://app:').mark('password', word).put('@db.example.org/ward\n'),
    () => writing.put('  password: ').mark('password', word).line(),
    () => writing.put('$ sshpass -p ').mark('password', word).put(' ssh ada@ward7\n'),
    () => writing.put('> Authorization: Bearer ').mark('password', letters(40)).line(),
    () => writing.put('$ tool --password ').mark('password', word).put(' --host db\n'),
    () =>
      writing
        .put('aws_access_key_id = ')
        .mark('cloud-key', `AKIA${letters(16, upper)}`)
        .line(),
    () => writing.put('aws_secret_access_key = ').mark('cloud-key', letters(40)).line(),
    () =>
      writing
        .put('export GH_TOKEN=')
        .mark('cloud-key', `ghp_${letters(36)}`)
        .line(),
    () =>
      writing
        .put('token: ')
        .mark('jwt', `eyJ${letters(20)}.eyJ${letters(60)}.${letters(43)}`)
        .line(),
    () => {
      writing.put('$ cat id_rsa\n').mark('private-key', '-----BEGIN RSA PRIVATE KEY-----').line();
      for (let i = 0; i < 5; i++) writing.mark('private-key', letters(64)).line();
      return writing.mark('private-key', '-----END RSA PRIVATE KEY-----').line();
    },
  ];
  for (const form of forms) if (chance.next() < 0.5) form();
  return writing.put('$ exit\n').done('secrets');
}

export const forms: readonly ((chance: Chance) => CorpusDocument)[] = [labelled, hl7, fhir, psql, x12, vistaScreen, secrets];
