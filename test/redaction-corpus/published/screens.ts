/**
 * Screens of VistA (its user manuals: look-up of a patient, patient inquiry, FileMan, list manager, health summary) and of registration systems on terminals.
 * Streets are not marked: no recogniser says that it finds them outside of formats.
 */
import type { Chance } from '../random.ts';
import { Writing, type CorpusDocument } from '../document.ts';
import { dashed, dayIn, fileman, hyphens, person, phoneOf, slashed, type Person } from './people.ts';

const upper = ({ family, given, middle }: Person, full = true): string =>
  `${family},${given}${full ? ` ${middle}` : ''}`
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll('’', "'")
    .toUpperCase();
const bare = ({ ssn }: Person): string => ssn.replaceAll('-', '');
const brief = (who: Person): string => `${upper(who)[0]!}${who.ssn.slice(-4)}`;

function lookUp(to: Writing, chance: Chance, who: Person): void {
  to.put(chance.pick(['Select PATIENT NAME: ', 'Select Patient: ', 'PATIENT NAME: '])).mark('name', upper(who, false));
  to.put(chance.pick(['   ', '       ', '      ']))
    .mark('dob', dashed(who.born))
    .put('    ')
    .mark('ssn', bare(who));
  to.put(chance.pick(['     NO     NSC VETERAN', '     YES     SC VETERAN', '     NO     NON-VETERAN (OTHER)']))
    .line()
    .line();
  to.put(' Enrollment Priority: GROUP 3    Category: IN PROCESS    End Date: 10/09/2027').line();
  if (chance.next() < 0.5)
    to.put('ROI Management for Patient: ')
      .mark('name', upper(who, false))
      .put(`   ${brief(who)}`)
      .line();
  to.put('Select Action: Quit// ').line();
}

function inquiry(to: Writing, chance: Chance, who: Person): void {
  to.mark('name', upper(who))
    .put('; ')
    .mark('ssn', chance.pick([who.ssn, bare(who)]))
    .put('                     ')
    .mark('dob', fileman(who.born, false))
    .line();
  to.put('='.repeat(79)).line();
  to.put(`    Address: ${who.street.toUpperCase()}              Temporary: NO TEMPORARY ADDRESS`).line();
  to.put(`             ${who.city.toUpperCase()},${who.state} ${who.zip}`).line();
  to.put('     County: MARION (097)                     From/To: NOT APPLICABLE').line();
  to.put('      Phone: ').mark('phone', phoneOf(chance, who.phone)).put('                    Phone: NOT APPLICABLE').line();
  to.put('     Office: UNSPECIFIED').line();
  to.put('       Cell: ').mark('phone', hyphens(who.phone)).line();
  to.put('     E-mail: ').mark('email', who.email.toUpperCase()).line();
  to.put(' Bad Addr: ').line();
  to.put(' Primary Eligibility: SC LESS THAN 50% (VERIFIED)').line();
}

function fileManPrint(to: Writing, chance: Chance, who: Person): void {
  to.put('NUMBER: 7170031').line();
  to.put('NAME: ')
    .mark('name', upper(who))
    .put('          SEX: ')
    .put(who.sex === 'M' ? 'MALE' : 'FEMALE')
    .line();
  to.put('  DATE OF BIRTH: ')
    .mark('dob', fileman(who.born, chance.next() < 0.5))
    .put('             MARITAL STATUS: DIVORCED')
    .line();
  to.put('  SOCIAL SECURITY NUMBER: ').mark('ssn', bare(who)).line();
  to.put('  WHO ENTERED PATIENT: NURSE,ONE        DATE ENTERED INTO FILE: JUL 08, 2019').line();
  to.put('  PHONE NUMBER [RESIDENCE]: ').mark('phone', phoneOf(chance, who.phone)).line();
  if (chance.next() < 0.5) to.put('  PHONE NUMBER [CELLULAR]: ').mark('phone', hyphens(who.phone)).line();
  to.put(`  PRIMARY ELIGIBILITY CODE: NSC          PERIOD OF SERVICE: VIETNAM ERA`).line();
}

function listManager(to: Writing, chance: Chance, who: Person): void {
  const other = person(chance);
  to.put('Progress Notes                  Nov 29, 2026@03:12:45          Page:    1 of    2').line();
  to.put('Patient: ')
    .mark('name', upper(who, false))
    .put(` (${brief(who)})`)
    .put('     Ward: 3 WEST    DOB: ')
    .mark('dob', slashed(who.born))
    .line();
  to.put('     Title                                             Written   Sig Status').line();
  to.put('1    PRIMARY CARE GENERAL NOTE                         10/02/26  completed').line();
  to.put('2    NURSING ADMISSION ASSESSMENT                      09/11/26  unsigned').line();
  to.put('          + Next Screen  - Prev Screen  ?? More Actions').line();
  to.put('SSN: ').mark('ssn', who.ssn).put('   Phone: ').mark('phone', hyphens(other.phone)).line();
}

function summary(to: Writing, chance: Chance, who: Person): void {
  to.put('11/29/2026 03:13').line();
  to.put('******************  CONFIDENTIAL GP FOUR SUMMARY   pg. 1  ******************').line();
  to.mark('name', upper(who, false)).put('    ').mark('ssn', who.ssn).put('   3W            DOB: ').mark('dob', slashed(who.born)).line();
  to.put('------------------- DEM - Demographics -------------------').line();
  to.put('             Phone: ').mark('phone', phoneOf(chance, who.phone)).put('     Age: 71').line();
  to.put('  Sex: MALE     Marital Status: MARRIED').line();
}

function registration(to: Writing, chance: Chance, who: Person): void {
  const day = slashed(dayIn(chance));
  to.put(`ADM 2.1  ${chance.pick(['Inpatient Registration', 'ED Tracking'])}   ${day}  USER: AEXAMPLE`).line();
  to.put('Name: ')
    .mark('name', upper(who))
    .put(`   Age/Sex: ${2026 - who.born.year}/${who.sex}   DOB: `)
    .mark('dob', slashed(who.born))
    .line();
  to.put(chance.pick(['MR#: ', 'Unit #: ', 'MRN: ', 'Med Rec #: ']))
    .mark('mrn', who.mrn)
    .put('   Acct#: ')
    .mark('member', who.account)
    .put('  Loc: 3W.312-A')
    .line();
  to.put(chance.pick(['Visit #: ', 'FIN: ', 'CSN: ', 'Encounter #: ']))
    .mark('visit', who.visit)
    .put(`   Adm Date: ${day}`)
    .line();
  to.put('SS#: ').mark('ssn', who.ssn).put('    Home Ph: ').mark('phone', phoneOf(chance, who.phone)).line();
  to.put('Ins: BCBS PPO    Policy #: ').mark('member', who.member).put('   Group: 123-ABC').line();
  to.put('Attending: LEVY,AARON MD').line();
}

const screens = [lookUp, inquiry, fileManPrint, listManager, summary, registration];

export function screen(chance: Chance): CorpusDocument {
  const to = new Writing();
  chance.pick(screens)(to, chance, person(chance));
  return to.done('screen');
}
