/** Recognisers of identifiers: a shape, with a label or a check digit where the shape alone says little. */
import { all, alone, endsNumber, hasDigits, isDate, isDea, isMailbox, isNpi, isSeparatedSsn, isSsn } from './checks.ts';
import { pattern, type PatternRow } from './recogniser.ts';

/** Between a label and its value: what a form, a table, JSON or a log puts there. */
const GAP = `["'\\s:=|#>.]{1,24}`;
/** The same with at least one sign that a value follows. */
const SIGN = `["']?[ \\t]{0,8}[:=#|][\\s:=#|"'>]{0,16}`;

const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}';
const DATE = [
  '\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}',
  '\\d{1,2}[-/.]\\d{1,2}[-/.](?:\\d{4}|\\d{2})',
  `\\d{1,2}[- ]${MONTH}[-, ]{1,2}(?:\\d{4}|\\d{2})`,
  `${MONTH}\\.? \\d{1,2}, ?\\d{4}`,
  '\\d{8}',
].join('|');

const notWord = alone(/[A-Za-z0-9_]/);
const notDigit = alone(/[\d-]/);

export const identifierRows: readonly PatternRow[] = [
  {
    kind: 'ssn',
    help: 'Social Security numbers: three, two and four digits with the same separator, of a range that is given out; nine digits behind a label.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        '\\d{3}[- \\x{a0}\\x{2010}-\\x{2015}]\\d{2}[- \\x{a0}\\x{2010}-\\x{2015}]\\d{4}',
        '',
        /\d[- \u00a0\u2010-\u2015]\d\d[- \u00a0\u2010-\u2015]\d/,
        all(notDigit, isSeparatedSsn),
      ),
      pattern(`\\b(?:SSN|SS ?#|soc(?:ial)?\\.? ?sec(?:urity)?(?: ?(?:no\\.?|num|number|#))?)${GAP}(\\d{9})`, 'i', /SSN|SS ?#|soc/i, all(notDigit, isSsn)),
    ],
    examples: {
      found: ['SSN: «536-22-1847»', 'ssn=«536221847»', '| «536 22 1847» |', '«219-09-9998»'],
      left: ['078-05-1120', '000-12-3456', '900-12-3456', '1536-22-1847', '536-22-18471', '536-22 1847', 'pid 536221847'],
    },
  },
  {
    kind: 'mrn',
    help: 'Medical record numbers behind a label (MRN, MR#, medical record number, patient id, HRN): letters, then five to ten digits.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        `\\b(?:MRN|MR ?#|HRN|Med(?:ical)?\\.? ?Rec(?:ord)?s?\\.?(?: ?(?:No\\.?|Num(?:ber)?|#))?|PAT(?:IENT)?[_ -]?(?:ID|NO|NUM(?:BER)?))${GAP}([A-Z]{0,3}-?\\d{5,10})`,
        'i',
        /MRN|MR ?#|HRN|Med|PAT/i,
        notWord,
      ),
    ],
    examples: {
      found: ['MRN: «00482913»', 'mrn=«A4829130»', 'Medical Record No. «4829130»', 'PATIENT ID | «99120034»', '"patient_id": "«4829130»"'],
      left: ['MRN missing', 'patch 4829130', 'MRN: 12', 'Medium 4829130'],
    },
  },
  {
    kind: 'visit',
    help: 'Numbers of visits and hospital accounts behind a label (CSN, HAR, FIN, visit or encounter number).',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(`\\b(?:CSN|HAR|FIN|(?:visit|encounter|enc)[_ -]?(?:id|no|num(?:ber)?|#)?)${SIGN}([A-Z]{0,3}-?\\d{6,12})`, 'i', /CSN|HAR|FIN|visit|enc/i, notWord),
    ],
    examples: {
      found: ['CSN: «100482913»', 'Visit #: «V00482913»', 'encounter_id=«88120034»'],
      left: ['FIN 1234567', 'visits: 12', 'encoding: 12345678x'],
    },
  },
  {
    kind: 'dob',
    help: 'Dates of birth behind a label: a day of the calendar from 1890 on, in the usual ways to write one. A date without a label is never withheld.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        `\\b(?:DOB|D\\.O\\.B\\.?|birth[_ -]?(?:date|day)|date[_ ]of[_ ]birth|born(?: on)?)${GAP}(${DATE})`,
        'i',
        /DOB|D\.O\.B|birth|born/i,
        (value, around) => notDigit(value, around) && isDate(value),
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
      ],
      left: ['DOB: 1957-13-12', '2026-11-28 10:00', 'DOB: unknown', 'birth date 31/31/1957'],
    },
  },
  {
    kind: 'phone',
    help: 'Telephone and fax numbers of North America with separators; ten digits behind a label.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern('(?:\\+?1[ .-]?)?\\([2-9]\\d{2}\\) ?[2-9]\\d{2}[ .-]\\d{4}', '', /\(\d\d\d\)/, endsNumber),
      pattern('(?:\\+?1[ .-])?[2-9]\\d{2}[.-][2-9]\\d{2}[.-]\\d{4}', '', /\d\d[.-]\d\d\d[.-]\d\d\d\d/, endsNumber),
      pattern('\\+1[ .-]?[2-9]\\d{2}[ .-]?[2-9]\\d{2}[ .-]?\\d{4}', '', /\+1/, endsNumber),
      pattern(
        `\\b(?:phone|tel(?:ephone)?|fax|cell|mobile|ph)\\b\\.?(?: ?(?:no\\.?|num(?:ber)?|#))?${GAP}([2-9]\\d{2}[ .-]?[2-9]\\d{2}[ .-]?\\d{4})`,
        'i',
        /phone|tel|fax|cell|mobile|ph/i,
        endsNumber,
      ),
    ],
    examples: {
      found: ['call «(617) 555-2368»', '«617-555-2368»', '«617.555.2368»', 'Phone: «6175552368»', '«+1 617 555 2368»', 'fax «617 555 2368»'],
      left: ['10.20.30.40', '1617555236', '117-555-2368', 'v1.617.555.2368', '617-555-23689', '234 567 8901'],
    },
  },
  {
    kind: 'email',
    help: 'E-mail addresses; not places to log in (user@host:path), units of systemd, or authors of commits.',
    reason: 'personal-data',
    standard: true,
    patterns: [pattern('[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,6}', '', /[A-Za-z0-9._%+-]@[A-Za-z0-9-]/, isMailbox)],
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
    patterns: [pattern(`\\bDEA(?: ?(?:No\\.?|Num(?:ber)?|#|Reg(?:istration)?))?${GAP}([A-HJ-NP-UX][A-Z9]\\d{7})`, 'i', /DEA/i, all(notWord, isDea))],
    examples: { found: ['DEA: «AB1234563»', 'DEA # «BD9876547»'], left: ['DEA: AB1234564', 'AB1234563', 'IDEA AB1234563'] },
  },
  {
    kind: 'npi',
    help: 'National Provider Identifiers behind a label, with their check digit. They name providers, not patients: not by default.',
    reason: 'personal-data',
    standard: false,
    patterns: [pattern(`\\b(?:NPI|provider|taxonomy)${GAP}([12]\\d{9})`, 'i', /NPI|provider|taxonomy/i, all(notWord, isNpi))],
    examples: { found: ['NPI: «1234567893»'], left: ['NPI: 1234567890', '1234567893'] },
  },
  {
    kind: 'member',
    help: 'Numbers of insurance, accession and patient accounts behind a label that says number or id.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        `\\b(?:member|subscriber|policy|plan|insured|insurance|beneficiary|claim|accession|acct|patient[_ -]account|hicn|medicaid)[_ -]?(?:id|no\\.?|num(?:ber)?|#)${GAP}([A-Z0-9][A-Z0-9-]{5,19})`,
        'i',
        /member|subscr|policy|plan|insur|benef|claim|access|acct|account|hicn|medicaid/i,
        all(notWord, hasDigits(4)),
      ),
    ],
    examples: {
      found: ['Member ID: «W1234567801»', 'policy_no=«XYZ-99887766»', 'Accession #: «26-112-00417»', 'subscriber id «884213977»'],
      left: ['member 12345678', 'policy: default', 'Member ID: pending', 'claimed 12345678'],
    },
  },
  {
    kind: 'name',
    help: 'Names behind a label of a patient, LAST,FIRST in capitals as VistA writes them. Names in free text are not found.',
    reason: 'patient-data',
    standard: true,
    patterns: [
      pattern(
        `\\b(?:patient(?: name)?|pt(?: name)?|name|veteran)${SIGN}((?-i:[A-Z][A-Z'-]{1,30}, ?[A-Z][A-Z'-]{0,30}(?: [A-Z]{1,30}){0,2}))`,
        'i',
        /[A-Z'-], ?[A-Z]/,
        notWord,
      ),
      pattern(
        "\\b((?-i:[A-Z][A-Z'-]{1,30},[A-Z][A-Z'-]{0,30}(?: [A-Z]{1,12}){0,2})) {2,24}(?:\\d{3}-\\d{2}-\\d{4}|[A-Z]\\d{4})\\b",
        'i',
        /[A-Z'-],[A-Z]/,
        notWord,
      ),
    ],
    examples: {
      found: ['Patient: «DIAZ,ROSA M»', "NAME: «O'BRIEN,JOHN»", '«DIAZ,ROSA»       D1847'],
      left: ['Name: nginx', 'name: Foo, Bar', 'patient: ', 'name: a, b'],
    },
  },
];
