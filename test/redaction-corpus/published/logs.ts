/** Logs and commands of administrators in which a number has a label: syslog, logfmt, JSON, Java's and Python's ways to print an object, XML, URLs, SQL, mails. */
import type { Chance } from '../random.ts';
import { Writing, type CorpusDocument } from '../document.ts';
import { compact, dayIn, dea, fileman, hyphens, iso, months, person, phoneOf, slashed, type Day, type Person } from './people.ts';

/** Names that a value has in logs: in words, in an assignment or object. */
interface Thing {
  readonly kind: string;
  readonly words: readonly string[];
  readonly keys: readonly string[];
  readonly value: (who: Person, chance: Chance) => string;
}

const longMonths = 'January February March April May June July August September October November December'.split(' ');
const written = (day: Day, chance: Chance): string =>
  chance.pick([
    slashed(day),
    iso(day),
    `${day.month}/${day.day}/${day.year}`,
    `${day.month}/${day.day}/${String(day.year).slice(2)}`,
    `${longMonths[day.month - 1]!} ${day.day}, ${day.year}`,
    `${String(day.day).padStart(2, '0')}-${months[day.month - 1]!.toUpperCase()}-${day.year}`,
    `${day.day} ${months[day.month - 1]!} ${day.year}`,
    fileman(day, true),
    slashed(day).replaceAll('/', '-'),
  ]);

const things: readonly Thing[] = [
  {
    kind: 'mrn',
    words: [
      'MRN',
      'MRN:',
      'MRN #',
      'MRN#:',
      'Medical Record Number:',
      'Medical Record #',
      'Med Rec No.',
      'MR#',
      'Patient ID:',
      'patient id',
      'Patient MRN:',
      'HRN:',
      'Pt MRN',
    ],
    keys: ['mrn', 'MRN', 'patient_id', 'patientId', 'PatientID', 'patient_mrn', 'medicalRecordNumber', 'medical_record_number', 'PAT_MRN_ID', 'patientMrn'],
    value: ({ mrn }) => mrn,
  },
  {
    kind: 'visit',
    words: ['CSN', 'CSN:', 'FIN:', 'HAR:', 'Visit #', 'Visit Number:', 'Encounter ID:', 'Encounter #:', 'visit number', 'Hospital Account:', 'encounter no.'],
    keys: ['csn', 'fin', 'visit_number', 'visitNumber', 'encounter_id', 'encounterId', 'PAT_ENC_CSN_ID', 'visit_id', 'visitId'],
    value: ({ visit }) => visit,
  },
  {
    kind: 'dob',
    words: ['DOB', 'DOB:', 'D.O.B.:', 'Date of Birth:', 'date of birth', 'Birth Date:', 'Birthdate:', 'born'],
    keys: ['dob', 'DOB', 'birth_date', 'birthDate', 'date_of_birth', 'dateOfBirth', 'birthdate', 'BirthDate', 'patient_dob'],
    value: ({ born }, chance) => written(born, chance),
  },
  {
    kind: 'ssn',
    words: ['SSN', 'SSN:', 'SS#', 'SS#:', 'Social Security Number:', 'Social Security No.', 'social security #', 'Soc Sec #:', 'SSN #'],
    keys: ['ssn', 'SSN', 'social_security_number', 'socialSecurityNumber', 'patient_ssn', 'ssnNumber'],
    value: ({ ssn }, chance) => chance.pick([ssn, ssn, ssn.replaceAll('-', ''), ssn.replaceAll('-', ' ')]),
  },
  {
    kind: 'phone',
    words: ['Phone:', 'Tel', 'tel.', 'Cell:', 'Mobile:', 'Fax', 'Fax:', 'Home phone', 'call', 'Contact #', 'callback'],
    keys: ['phone', 'phoneNumber', 'phone_number', 'home_phone', 'mobile', 'cell_phone', 'fax', 'tel', 'homePhone'],
    value: (who, chance) => phoneOf(chance, who.phone),
  },
  {
    kind: 'email',
    words: ['e-mail', 'Email:', 'from', 'to', 'notified', ''],
    keys: ['email', 'emailAddress', 'user_email', 'recipient', 'to'],
    value: ({ email }) => email,
  },
  {
    kind: 'mbi',
    words: ['MBI:', 'MBI', 'Medicare #', 'Medicare ID:', 'Medicare Number:', 'beneficiary', ''],
    keys: ['mbi', 'medicareId', 'medicare_number', 'beneficiaryId', 'hicn'],
    value: ({ mbi }, chance) => chance.pick([mbi, `${mbi.slice(0, 4)}-${mbi.slice(4, 7)}-${mbi.slice(7)}`]),
  },
  {
    kind: 'dea',
    words: ['DEA:', 'DEA', 'DEA#', 'DEA #:', 'DEA No.', 'DEA Number:', 'DEA Registration:', 'DEA Reg. No.'],
    keys: ['dea', 'dea_number', 'deaNumber', 'DEA_NUM', 'prescriber_dea', 'deaNo'],
    value: ({ family }, chance) => dea(chance, family),
  },
  {
    kind: 'member',
    words: [
      'Member ID:',
      'Member #',
      'Policy #:',
      'Policy Number:',
      'Subscriber ID:',
      'Insurance ID:',
      'Accession #:',
      'Accession Number:',
      'Account #:',
      'Acct #',
      'Account Number:',
      'Acct No.',
    ],
    keys: [
      'member_id',
      'memberId',
      'policy_number',
      'policyNumber',
      'subscriber_id',
      'subscriberId',
      'accession_number',
      'accessionNumber',
      'patient_account_number',
      'insuranceId',
    ],
    value: ({ member, account }, chance) => chance.pick([member, account]),
  },
  {
    kind: 'name',
    words: ['Patient:', 'Patient Name:', 'Pt:', 'Pt Name:', 'patient name', 'PATIENT:'],
    keys: ['patient_name', 'patientName', 'patient', 'PatientName', 'pat_name'],
    value: ({ family, given, middle }, chance) =>
      chance.pick([
        `${family},${given}`.toUpperCase(),
        `${family.toUpperCase()},${given.toUpperCase()} ${middle.toUpperCase()}`,
        `${family}, ${given}`,
        `${given} ${family}`,
      ]),
  },
];

type Shape = (to: Writing, chance: Chance, who: Person) => void;

const inWords: Shape = (to, chance, who) => {
  to.put(chance.pick(['Nov 29 03:12:09 ie01 adt[4112]: ', '2026-11-29 03:12:09,114 WARN  [pool-3] o.h.Matcher - ', '[03:12:09] ', '', 'ERROR: ', '> ']));
  to.put(chance.pick(['duplicate record for ', 'no match, ', 'merged ', 'print job 4471 ', 'Subject: chart request ', 'held: ', '']));
  const count = chance.from(1, 3);
  for (let n = 0; n < count; n++) {
    const thing = chance.pick(things);
    if (n > 0) to.put(chance.pick([' ', ', ', '; ', ' | ', '  ']));
    const word = chance.pick(thing.words);
    to.put(word).put(word === '' ? '' : chance.pick([' ', ' ', '  ', '\t']));
    to.mark(thing.kind, thing.value(who, chance));
  }
  to.put(chance.pick(['', '', '.', ' (retry 2)', ' at 03:12', ';']));
};
const assigned: Shape = (to, chance, who) => {
  to.put('ts=2026-11-29T03:12:09Z level=info msg="adt accepted" ');
  for (let n = chance.from(1, 4); n > 0; n--) {
    const thing = chance.pick(things);
    const value = thing.value(who, chance);
    const quote = /[ ,]/.test(value) ? '"' : chance.pick(['', '"']);
    to.put(`${chance.pick(thing.keys)}=${quote}`)
      .mark(thing.kind, value)
      .put(`${quote} `);
  }
  to.put('dur=12ms');
};
const object =
  (open: string, name: string, between: string, value: string, next: string, close: string): Shape =>
  (to, chance, who) => {
    to.put(open);
    const count = chance.from(1, 5);
    for (let n = 0; n < count; n++) {
      const thing = chance.pick(things);
      to.put(`${n > 0 ? next : ''}${name}${chance.pick(thing.keys)}${name}${between}${value}`)
        .mark(thing.kind, thing.value(who, chance))
        .put(value);
    }
    to.put(close);
  };
const xml: Shape = (to, chance, who) => {
  for (let n = chance.from(1, 3); n > 0; n--) {
    const thing = chance.pick(things);
    const key = chance.pick(thing.keys);
    to.put(`  <${key}>`)
      .mark(thing.kind, thing.value(who, chance))
      .put(`</${key}>${n > 1 ? '\n' : ''}`);
  }
};
const url: Shape = (to, chance, who) => {
  to.put('10.20.4.17 - - [29/Nov/2026:03:12:09 +0000] "GET /api/v2/patients?');
  const fit = things.filter(({ kind }) => ['mrn', 'visit', 'ssn', 'member'].includes(kind));
  for (let n = chance.from(1, 2); n > 0; n--) {
    const thing = chance.pick(fit);
    to.put(`${chance.pick(thing.keys)}=`)
      .mark(thing.kind, thing.value(who, chance).replaceAll(' ', '-'))
      .put(n > 1 ? '&' : '');
  }
  to.put('&page=1 HTTP/1.1" 200 5120 "-" "curl/8.5.0"');
};
const sql: Shape = (to, chance, who) => {
  const one = chance.pick(things);
  const two = chance.pick(things);
  const snake = ({ keys }: Thing): string => keys.find((key) => /^[a-z_]+$/.test(key)) ?? keys[0]!;
  if (chance.next() < 0.3)
    to.put(`DETAIL:  Key (${snake(one)})=(`)
      .mark(one.kind, one.value(who, chance))
      .put(') already exists.');
  else
    to.put(`emr=> update patient set ${snake(one)} = '`)
      .mark(one.kind, one.value(who, chance))
      .put(`' where ${snake(two)} = '`)
      .mark(two.kind, two.value(who, chance))
      .put(`';`);
};
const mail: Shape = (to, chance, who) => {
  to.put(chance.pick(['From: ', 'To: ', 'Reply-To: ']))
    .put(`"${who.family}, ${who.given}" <`)
    .mark('email', who.email)
    .put('>');
  to.put(`\nDate: ${iso(dayIn(chance))}\nFax: `).mark('phone', hyphens(who.phone));
  to.put('\n\nDOB: ').mark('dob', chance.pick([compact(who.born), slashed(who.born)]));
};

const shapes: readonly Shape[] = [
  inWords,
  inWords,
  inWords,
  assigned,
  object('{"level":"info","body":{', '"', ':', '"', ',', '}}'),
  object('{ "event": "upsert", ', '"', ': ', '"', ', ', ' }'),
  object("INFO:adt:{'source': 'mirth', ", "'", ': ', "'", ', ', '}'),
  object('2026-11-29 03:12:09 DEBUG Patient{', '', '=', "'", ', ', '}'),
  object('Patient(', '', '=', '', ', ', ')'),
  object('patient:\n  ', '', ': ', '', '\n  ', ''),
  xml,
  url,
  sql,
  mail,
];

export function log(chance: Chance): CorpusDocument {
  const to = new Writing();
  for (let n = chance.from(1, 4); n > 0; n--) {
    chance.pick(shapes)(to, chance, person(chance));
    to.line();
  }
  return to.done('log');
}
