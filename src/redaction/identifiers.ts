/** Recognisers of identifiers: a shape, with a label or a check digit where the shape alone says little. */
import { all, alone, endsNumber, hasDigits, hasMailDomain, isDate, isDea, isMailbox, isNpi, isPatient, isSeparatedSsn, isSsn } from './checks.ts';
import { both, pattern, type PatternRow } from './recogniser.ts';

/** Before a label: the beginning of a word, or of a part of one that is written with underscores. */
const WORD = '(?:\\b|_)';
/** Between a label and its value: what a form, a table, JSON or a log puts there. */
const GAP = `["'\\s:=|#>().]{1,24}`;
/** The same with at least one sign that a value follows. */
const SIGN = `["')]?[ \\t]{0,8}[:=#|>][\\s:=#|"'>()]{0,16}`;
/** With what a gap begins, and a sign: the gate of a label goes so far, and no farther, because what comes then is of any length. */
const AFTER = `["'\\s:=|#>().]`;
const BEFORE_SIGN = `["')]?[ \\t:=#|>]`;
/** “number”, in the ways in which labels have it. */
const NUMBER = `(?:no\\.?|num(?:ber)?|id|#)`;

const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}';
const DATE = [
  '\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}',
  '\\d{1,2}[-/.]\\d{1,2}[-/.](?:\\d{4}|\\d{2})',
  `\\d{1,2}[- ]${MONTH}[-, ]{1,2}(?:\\d{4}|\\d{2})`,
  `${MONTH}\\.? \\d{1,2}, ?\\d{4}`,
  '\\d{8}',
].join('|');

/** Parts of a name in capitals, as VistA writes them, and as one writes them elsewhere. */
const CAPITALS = "\\p{Lu}[\\p{Lu}\\p{Mn}\\d'’.-]{0,30}";
const LAST_FIRST = `${CAPITALS}(?: ${CAPITALS}){0,2}, ?${CAPITALS}(?: ${CAPITALS}){0,2}`;
const PART = "\\p{Lu}[\\p{L}\\p{Mn}\\d'’.-]{0,30}";
const PARTICLES = '(?:(?:de|del|la|las|los|da|di|van|von|der|den|el|al|bin|le) ){0,2}';
const WRITTEN = `${PARTICLES}${PART}(?: ${PARTICLES}${PART}){0,3},? ${PARTICLES}${PART}(?: ${PART}){0,2}`;

/*
 * Labels, each in its expression and in its gate: what the one finds the other cannot pass over. They are of a fixed length.
 */
const SSN = `(?:ssn(?:[ _]?${NUMBER})?|${WORD}ss ?#|soc(?:ial)?[._ ]?[._ ]?sec(?:urity)?[._ ]?[._ ]?${NUMBER}?)`;
const MRN = `(?:mrn(?:[ _]?${NUMBER})?|${WORD}(?:mr ?#|mr no\\.?|hrn|unit ?#)|med(?:ical)?[._ ]?[._ ]?rec(?:ord)?s?[._ ]?[._ ]?${NUMBER}?|${WORD}pat(?:ient)?[_ -]?(?:id|no|num(?:ber)?))`;
const visit = (sign: string, gap: string): string =>
  `${WORD}(?:(?:har|fin)(?:[ _]?${NUMBER})?${sign}|csn(?:[ _]?${NUMBER})?${gap}|(?:visit|encounter|enc|hospital[_ ]account)(?:[_ -]?${NUMBER}${gap}|${sign}))`;
const DOB = `(?:dob|${WORD}d\\.o\\.b\\.?|birth[_ -]?(?:date|day)(?:time)?|date[_ ]?of[_ ]?birth|${WORD}born(?: on)?)`;
const PHONE = `${WORD}(?:phone|tel(?:ephone)?|fax|cell|mobile|ph)\\b\\.?(?: ?(?:no\\.?|num(?:ber)?|#))?`;
const DEA = `${WORD}dea(?:[ _-]?(?:no\\.?|num(?:ber)?|#|reg(?:istration|\\.)?(?: ?(?:no\\.?|num(?:ber)?|#))?))?`;
const NPI = `${WORD}(?:npi|provider|taxonomy)`;
const MEMBER = `${WORD}(?:(?:member|subscriber|policy|plan|insured|insurance|beneficiary|claim|accession|acct|patient[_ -]account|hicn|medicaid)[_ -]?${NUMBER}|account[_ -]?(?:no\\.|number|#))`;
const patient = (sign: string, blanks: string): string => `${WORD}(?:(?:patient|pat|pt)[ _]?name(?:${sign}|${blanks})|(?:patient|pt)${sign})`;

/** A date of VistA's with blanks behind it; that nine digits stand somewhere is what the row needs. */
const VISTA_DATE = /\d-\d\d?-\d\d(?:\d\d)?  /;
const CAPITAL_WORD = / [A-Z\u00c0-\uffff]/;
const WRITTEN_LABEL = new RegExp(patient(BEFORE_SIGN, '[ \\t]'), 'i');
const COMMA_CAPITAL = /[A-Z\d'.\u00c0-\uffff-], ?[A-Z\u00c0-\uffff]/;

const notWord = alone(/[A-Za-z0-9_]/);
const notDigit = alone(/[\d-]/);

export const identifierRows: readonly PatternRow[] = [
  {
    kind: 'ssn',
    help: 'Social Security numbers: three, two and four digits with the same separator, of a range that is given out; nine digits behind a label, or in their place on a screen of VistA.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        '\\d{3}[- \\x{a0}\\x{2010}-\\x{2015}]\\d{2}[- \\x{a0}\\x{2010}-\\x{2015}]\\d{4}',
        '',
        { shape: '3-2-4' },
        /\d\d\d[- \u00a0\u2010-\u2015]\d\d[- \u00a0\u2010-\u2015]\d\d\d\d/,
        all(notDigit, isSeparatedSsn),
      ),
      pattern(`${SSN}${GAP}(\\d{9})`, 'i', { words: ['ssn', 'ss#', 'ss ', 'soc'], run: 9 }, new RegExp(SSN + AFTER, 'i'), all(notDigit, isSsn)),
      // VistA's look-up of a patient, and the first line of its patient inquiry.
      pattern('\\b\\d{1,2}-\\d{1,2}-\\d{2}(?:\\d{2})? {2,24}(\\d{9})P?\\b', '', { run: 9 }, VISTA_DATE, isSsn),
      pattern(`${LAST_FIRST}; ?(\\d{9})P?\\b`, '', { words: [';'], run: 9 }, /; ?\d\d\d\d\d\d\d\d\d/, isSsn),
    ],
    examples: {
      found: [
        'SSN: «536-22-1847»',
        'ssn=«536221847»',
        '| «536 22 1847» |',
        '«219-09-9998»',
        "'patient_ssn': '«536221847»'",
        'social_security_number: «536221847»',
        'DIAZ,ROSA      5-4-66    «536221847»     NO     NSC VETERAN',
        'DIAZ,ROSA M; «536221847»      JAN 5,1950',
      ],
      left: ['078-05-1120', '000-12-3456', '900-12-3456', '1536-22-1847', '536-22-18471', '536-22 1847', 'pid 536221847', '5-4-66 536221847'],
    },
  },
  {
    kind: 'mrn',
    help: 'Medical record numbers behind a label (MRN, MR#, medical record number, patient id, HRN): letters, then five to ten digits.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        `${MRN}${GAP}([A-Z]{0,3}-?\\d{5,10})`,
        'i',
        { words: ['mrn', 'mr#', 'mr ', 'hrn', 'med', 'pat', 'uni'], run: 5 },
        new RegExp(MRN + AFTER, 'i'),
        notWord,
      ),
    ],
    examples: {
      found: [
        'MRN: «00482913»',
        'mrn=«A4829130»',
        'Medical Record No. «4829130»',
        'PATIENT ID | «99120034»',
        '"patient_id": "«4829130»"',
        '<patient_mrn>«4829130»</patient_mrn>',
        'medicalRecordNumber=«E4829130»',
        "PAT_MRN_ID='«4829130»'",
        'DETAIL:  Key (mrn)=(«00482913») already exists.',
      ],
      left: ['MRN missing', 'patch 4829130', 'MRN: 12', 'Medium 4829130', 'path_id 4829130', 'unit 4829130'],
    },
  },
  {
    kind: 'visit',
    help: 'Numbers of visits and hospital accounts behind a label (CSN, HAR, FIN, visit or encounter number).',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        `${visit(SIGN, GAP)}([A-Z]{0,3}-?\\d{6,12})`,
        'i',
        { words: ['csn', 'har', 'fin', 'vis', 'enc', 'hos'], run: 6 },
        new RegExp(visit(BEFORE_SIGN, AFTER), 'i'),
        notWord,
      ),
    ],
    examples: {
      found: [
        'CSN: «100482913»',
        'Visit #: «V00482913»',
        'encounter_id=«88120034»',
        "'PAT_ENC_CSN_ID': '«ENC3934713»'",
        'visit number  «V9752079343»',
        'encounter no. «88120034»',
        'Hospital Account: «88120034»',
      ],
      left: ['FIN 1234567', 'visits: 12', 'encoding: 12345678x'],
    },
  },
  {
    kind: 'dob',
    help: 'Dates of birth behind a label, or in their place on a screen of VistA: a day of the calendar from 1890 on, in the usual ways to write one. A date without a label is never withheld.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        `${DOB}${GAP}(${DATE})`,
        'i',
        { words: ['dob', 'd.o', 'bir', 'bor'], digits: 3 },
        new RegExp(DOB + AFTER, 'i'),
        (value, around) => notDigit(value, around) && isDate(value),
      ),
      pattern('\\b(\\d{1,2}-\\d{1,2}-\\d{2}(?:\\d{2})?) {2,24}\\d{9}P?\\b', '', { run: 9 }, VISTA_DATE, (value) => isDate(value)),
      pattern(`${LAST_FIRST}; ?\\d{3}-?\\d{2}-?\\d{4}P? {2,40}((?i:${DATE}))`, '', { words: [';'], digits: 12 }, /; ?\d\d\d-?\d\d-?\d\d\d\d/, (value) =>
        isDate(value),
      ),
    ],
    examples: {
      found: [
        'DOB: «1957-03-12»',
        'Date of Birth: «03/12/1957»',
        'DOB=«19570312»',
        'born «MAR 12,1957»',
        'D.O.B. «12-Mar-1957»',
        '"birthDate": "«1957-03-12»"',
        'dateOfBirth="«February 11, 1996»"',
        '"patient_dob":"«12-JUL-1955»"',
        'DIAZ,ROSA      «5-4-66»    536221847     NO     NSC VETERAN',
        'DIAZ,ROSA M; 536-22-1847                «JAN 5,1950»',
      ],
      left: ['DOB: 1957-13-12', '2026-11-28 10:00', 'DOB: unknown', 'birth date 31/31/1957', 'adobe 2026-01-01'],
    },
  },
  {
    kind: 'phone',
    help: 'Telephone and fax numbers of North America with separators; ten digits behind a label.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        '(?:\\+?1[ .-]?)?\\([2-9]\\d{2}\\) ?[2-9]\\d{2}[ .-]\\d{4}',
        '',
        { words: ['('], shape: '3-4' },
        /\([2-9]\d\d\) ?[2-9]\d\d[ .-]\d\d\d\d/,
        endsNumber,
      ),
      pattern('(?:\\+?1[ .-])?[2-9]\\d{2}[.-][2-9]\\d{2}[.-]\\d{4}', '', { shape: '3-4' }, /[2-9]\d\d[.-][2-9]\d\d[.-]\d\d\d\d/, endsNumber),
      pattern('\\+1[ .-]?[2-9]\\d{2}[ .-]?[2-9]\\d{2}[ .-]?\\d{4}', '', { words: ['+1'], digits: 11 }, /\+1[ .-]?[2-9]\d\d/, endsNumber),
      pattern(
        `${PHONE}${GAP}([2-9]\\d{2}[ .-]?[2-9]\\d{2}[ .-]?\\d{4})`,
        'i',
        { words: ['ph', 'tel', 'fax', 'cel', 'mob'], digits: 10 },
        new RegExp(PHONE + AFTER, 'i'),
        endsNumber,
      ),
    ],
    examples: {
      found: [
        'call «(617) 555-2368»',
        '«617-555-2368»',
        '«617.555.2368»',
        'Phone: «6175552368»',
        '«+1 617 555 2368»',
        'fax «617 555 2368»',
        'home_phone=«6175552368»',
      ],
      left: ['10.20.30.40', '1617555236', '117-555-2368', 'v1.617.555.2368', '617-555-23689', '234 567 8901', 'graph 6175552368'],
    },
  },
  {
    kind: 'email',
    help: 'E-mail addresses; not places to log in (user@host:path), units of systemd, or authors of commits.',
    reason: 'personal-data',
    standard: true,
    patterns: [pattern('[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+', '', { words: ['@'] }, { test: hasMailDomain }, isMailbox)],
    examples: {
      found: ['mail «rosa.diaz@example.com» now', '<«j.obrien+x@mail.example.org»>'],
      left: [
        'user@1000.service',
        'git@github.com:a/b.git',
        'ssh ada@ward7.example.org',
        'ada@ward7.example.org:~$',
        'left-pad@1.3.0',
        'Author: A <a@example.org>',
      ],
    },
  },
  {
    kind: 'mbi',
    help: 'Medicare Beneficiary Identifiers: eleven letters and digits of their fixed pattern, with or without hyphens.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        '[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\\d-?[AC-HJKMNP-RT-Y]{2}\\d{2}',
        '',
        { shape: 'AA00', digits: 5 },
        /\d[AC-HJKMNP-RT-Y][0-9A-Z]\d-?[A-Z][0-9A-Z]\d-?[A-Z][A-Z]\d\d/,
        alone(/[A-Za-z0-9_-]/),
      ),
    ],
    examples: { found: ['Medicare «1EG4-TE5-MK73»', '«1EG4TE5MK73»'], left: ['0EG4-TE5-MK73', '1SG4-TE5-MK73', 'A1EG4TE5MK73', '1EG4TE5MK734'] },
  },
  {
    kind: 'dea',
    help: 'DEA registration numbers behind a label, with their check digit.',
    reason: 'personal-data',
    standard: true,
    patterns: [pattern(`${DEA}${GAP}((?-i:[A-HJ-NP-UX][A-Z9]\\d{7}))`, 'i', { words: ['dea'], run: 7 }, new RegExp(DEA + AFTER, 'i'), all(notWord, isDea))],
    examples: {
      found: ['DEA: «AB1234563»', 'DEA # «BD9876547»', "'prescriber_dea': '«BD9876547»'", 'deaNumber=«BD9876547»', 'DEA Reg. No. «BD9876547»'],
      left: ['DEA: AB1234564', 'AB1234563', 'IDEA AB1234563'],
    },
  },
  {
    kind: 'npi',
    help: 'National Provider Identifiers behind a label, with their check digit. They name providers, not patients: not by default.',
    reason: 'personal-data',
    standard: false,
    patterns: [pattern(`${NPI}${GAP}([12]\\d{9})`, 'i', { words: ['npi', 'pro', 'tax'], run: 10 }, new RegExp(NPI + AFTER, 'i'), all(notWord, isNpi))],
    examples: { found: ['NPI: «1234567893»'], left: ['NPI: 1234567890', '1234567893'] },
  },
  {
    kind: 'member',
    help: 'Numbers of insurance, accession and patient accounts behind a label that says number or id.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        `${MEMBER}${GAP}([A-Z0-9][A-Z0-9-]{5,19})`,
        'i',
        { words: ['mem', 'sub', 'pol', 'pla', 'ins', 'ben', 'cla', 'acc', 'pat', 'hic', 'med'] },
        new RegExp(MEMBER + AFTER, 'i'),
        all(notWord, hasDigits(4)),
      ),
    ],
    examples: {
      found: [
        'Member ID: «W1234567801»',
        'policy_no=«XYZ-99887766»',
        'Accession #: «26-112-00417»',
        'subscriber id «884213977»',
        'Account Number:  «A18574974»',
      ],
      left: ['member 12345678', 'policy: default', 'Member ID: pending', 'claimed 12345678', 'account 12345678'],
    },
  },
  {
    kind: 'name',
    help: 'Names behind a label of a patient, LAST,FIRST in capitals as VistA writes them, and in the places where its screens have them. Names in free text are not found.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        `${WORD}(?:(?:pat(?:ient)?(?:[ _]?name)?|pt(?:[ _]?name)?|name|veteran)${SIGN}|(?:patient|pat|pt)[ _]?name[ \\t]{1,8})((?-i:${LAST_FIRST}))`,
        'i',
        { words: ['nam', 'pat', 'pt', 'vet'] },
        COMMA_CAPITAL,
        all(notWord, isPatient),
      ),
      // As one writes names elsewhere: behind a label that says whose.
      pattern(`${patient(SIGN, '[ \\t]{1,8}')}((?-i:${WRITTEN}))`, 'i', { words: ['pat', 'pt'] }, both(CAPITAL_WORD, WRITTEN_LABEL), all(notWord, isPatient)),
      pattern(
        `(${LAST_FIRST}) {2,24}(?:\\d{3}-\\d{2}-\\d{4}|[A-Z]\\d{4}|\\d{1,2}-\\d{1,2}-\\d{2,4} {2,24}\\d{9})\\b`,
        '',
        { words: [','], digits: 4 },
        COMMA_CAPITAL,
        notWord,
      ),
      pattern(`(${LAST_FIRST})(?:; ?\\d{3}-?\\d{2}-?\\d{4}| ?\\([A-Z]\\d{4}\\))`, '', { words: [','], digits: 4 }, COMMA_CAPITAL, notWord),
    ],
    examples: {
      found: [
        'Patient: «DIAZ,ROSA M»',
        "NAME: «O'BRIEN,JOHN»",
        '«DIAZ,ROSA»       D1847',
        'Patient: «DIAZ,ROSA» (D1847)     Ward: 3 WEST',
        '«DE LA CRUZ,ROSA M»; 536-22-1847',
        '«SALDAÑA48,ZOË103»       5-4-66    536221847     NO',
        '{"patient_name": "«Okafor, Ngozi»"}',
        'Patient{patientName=«Rosa Diaz»}',
        'Patient Name: «Rosa Diaz»',
      ],
      left: [
        'Name: nginx',
        'name: Foo, Bar',
        'patient: ',
        'name: a, b',
        'Patient: Not Found',
        'WHO ENTERED PATIENT: NURSE,ONE',
        'patient name is missing',
        'Name: Rosa Diaz',
      ],
    },
  },
];
