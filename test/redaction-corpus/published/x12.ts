/**
 * X12 005010 as the examples of X12 itself are written: 270 and 271, 837 professional and institutional, 835, 834, as segments in lines and as one line. Marked
 * is what says who a patient, a subscriber or a dependent is; not payers, providers, traces of an interchange.
 */
import type { Chance } from '../random.ts';
import { Writing, type CorpusDocument } from '../document.ts';
import { of, put } from './marked.ts';
import { compact, dayIn, person, type Person } from './people.ts';

const digitsOf = ({ phone: { area, exchange, line } }: Person): string => `${area}${exchange}${line}`;
const upper = (name: string): string => name.toUpperCase().replaceAll(/[*~:^]/g, '');
const born = (who: Person): string => `DMG*D8*${of(compact(who.born))}*${who.sex}`;
const lives = (who: Person): string[] => [`N3*${of(upper(who.street))}`, `N4*${of(upper(who.city))}*${who.state}*${of(who.zip)}`];
const named = (entity: string, who: Person, id: readonly [string, string] | null, middle: boolean): string =>
  `NM1*${entity}*1*${of(upper(who.family))}*${of(upper(who.given))}${id ? `*${middle ? of(upper(who.middle)) : ''}***${id[0]}*${of(id[1])}` : middle ? `*${of(upper(who.middle))}` : ''}`;
const npi = (chance: Chance): string => `1${chance.digits(9)}`;

type Set = (chance: Chance, who: Person, dependent: Person) => string[];

const eligibility: Set = (chance, who, dependent) => [
  'ST*270*1234*005010X279A1',
  `BHT*0022*13*10001234*${compact(dayIn(chance))}*1319`,
  'HL*1**20*1',
  'NM1*PR*2*ABC COMPANY*****PI*842610001',
  'HL*2*1*21*1',
  'NM1*1P*2*BONE AND JOINT CLINIC*****SV*2000035',
  'HL*3*2*22*0',
  named('IL', who, ['MI', who.member], chance.next() < 0.4),
  ...(chance.next() < 0.4 ? [`REF*SY*${of(who.ssn.replaceAll('-', ''))}`] : []),
  ...(chance.next() < 0.4 ? lives(who) : []),
  born(who),
  ...(chance.next() < 0.4 ? ['HL*4*3*23*0', named('03', dependent, null, false), born(dependent)] : []),
  'DTP*291*D8*20060501',
  'EQ*30',
  'SE*13*1234',
];
const answer: Set = (chance, who) => [
  'ST*271*4321*005010X279A1',
  `BHT*0022*11*10001234*${compact(dayIn(chance))}*1319`,
  'HL*1**20*1',
  'NM1*PR*2*ABC COMPANY*****PI*842610001',
  'PER*IC*MEMBER SERVICES*TE*8005551654',
  'HL*2*1*21*1',
  `NM1*1P*1*JONES*MARCUS****XX*${npi(chance)}`,
  'HL*3*2*22*0',
  named('IL', who, ['MI', who.member], true),
  `REF*${chance.pick(['1W', '0F', '6P', 'IG', 'SY', 'EJ'])}*${of(chance.pick([who.account, who.member]))}`,
  ...lives(who),
  born(who),
  'INS*Y*18',
  'DTP*346*D8*20060101',
  'EB*1**30**GOLD 123 PLAN',
  'SE*17*4321',
];
const claim: Set = (chance, who, dependent) => [
  `ST*837*0021*005010X${chance.pick(['222A1', '223A2'])}`,
  `BHT*0019*00*244579*${compact(dayIn(chance))}*1023*CH`,
  'NM1*41*2*PREMIER BILLING SERVICE*****46*TGJ23',
  'PER*IC*JERRY*TE*3055552222*EX*231',
  'NM1*40*2*KEY INSURANCE COMPANY*****46*66783JJT',
  'HL*1**20*1',
  'PRV*BI*PXC*203BF0100Y',
  `NM1*85*2*BEN KILDARE SERVICE*****XX*${npi(chance)}`,
  'N3*234 SEAWAY ST',
  'N4*MIAMI*FL*33111',
  'REF*EI*587654321',
  'HL*2*1*22*1',
  'SBR*P**2222-SJ******CI',
  named('IL', who, ['MI', chance.next() < 0.5 ? who.member : who.mbi], chance.next() < 0.5),
  ...(chance.next() < 0.6 ? lives(who) : []),
  born(who),
  ...(chance.next() < 0.3 ? [`REF*SY*${of(who.ssn.replaceAll('-', ''))}`] : []),
  ...(chance.next() < 0.2 ? [`PER*IC*${of(`${upper(who.given)} ${upper(who.family)}`)}*TE*${of(digitsOf(who))}`] : []),
  'NM1*PR*2*KEY INSURANCE COMPANY*****PI*999996666',
  ...(chance.next() < 0.4 ? ['HL*3*2*23*0', 'PAT*19', named('QC', dependent, null, chance.next() < 0.3), ...lives(dependent), born(dependent)] : []),
  `CLM*${of(who.account)}*${chance.from(40, 9000)}***11:B:1*Y*A*Y*I`,
  `DTP*431*D8*${compact(dayIn(chance))}`,
  'REF*D9*17312345600006351',
  ...(chance.next() < 0.5 ? [`REF*EA*${of(who.mrn)}`] : []),
  'HI*BK:0340*BF:V7389',
  `NM1*82*1*KILDARE*BEN****XX*${npi(chance)}`,
  'LX*1',
  'SV1*HC:99213*40*UN*1***1',
  'DTP*472*D8*20061003',
  'SE*31*0021',
];
const remittance: Set = (chance, who) => [
  'ST*835*0001',
  'BPR*I*57.44*C*CHK************20110930',
  'TRN*1*123456789*1123456789',
  'N1*PR*PAYER NAME',
  'N3*PAYER ADDRESS',
  'N4*CINCINNATI*OH*45206',
  'PER*CX**TE*8003030303',
  `N1*PE*PROVIDER NAME*XX*${npi(chance)}`,
  'LX*1',
  `CLP*${of(who.account)}*1*1088*0*1088*HM*${of(`CLM${chance.digits(9)}`)}*21`,
  named('QC', who, ['MI', who.member], true),
  named('IL', who, ['MI', who.member], false),
  `REF*EA*${of(who.mrn)}`,
  'DTM*232*20090113',
  'SVC*HC:00220:P2*1088*0**8**76',
  'CAS*PR*29*1088',
  'SE*45*0001',
];
const enrolment: Set = (chance, who) => [
  'ST*834*12345*005010X220A1',
  `BGN*00*12456*${compact(dayIn(chance))}*1200****2`,
  'N1*P5*SPONSOR NAME*FI*999888777',
  'INS*Y*18*021*20*A***FT',
  `REF*0F*${of(who.ssn.replaceAll('-', ''))}`,
  `REF*1L*${of('123456001')}`,
  'DTP*356*D8*19960523',
  named('IL', who, ['34', who.ssn.replaceAll('-', '')], true),
  `PER*IP**HP*${of(digitsOf(who))}*WP*${of(digitsOf(who))}`,
  ...lives(who),
  born(who),
  'HD*021**HLT',
  'DTP*348*D8*19960601',
  'SE*17*12345',
];

export function x12(chance: Chance): CorpusDocument {
  const who = person(chance);
  const to = new Writing();
  const body = chance.pick([eligibility, answer, claim, claim, remittance, enrolment])(chance, who, person(chance));
  const head = [
    'ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *240805*1230*^*00501*000000905*0*P*:',
    `GS*HC*SENDER*RECEIVER*20240805*1230*1*X*005010`,
  ];
  const whole = chance.next() < 0.7;
  const all = [...(whole ? head : []), ...body, ...(whole ? ['GE*1*1', 'IEA*1*000000905'] : [])];
  // Other separators only where ISA names them.
  const star = whole && chance.next() < 0.15 ? '|' : '*';
  const text = all.join(chance.pick(['~\n', '~\n', '~\n', '~', '~', '\n']));
  return put(to, 'x12', `${star === '*' ? text : text.replaceAll('*', star)}~`)
    .line()
    .done('x12');
}
