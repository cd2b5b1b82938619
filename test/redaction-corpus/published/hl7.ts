/**
 * HL7 v2.3 to 2.8 as its chapters 2, 3, 4, 6 and 7 write segments: ADT^A01 to A08, A40, ORU^R01, DFT^P03 with the fields and components of PID, NK1, PV1, GT1, IN1,
 * IN2, MRG, ORC, OBR. Marked is what says who somebody is: numbers, names, days of birth and death, streets, telephones; not codes, authorities, wards.
 */
import type { Chance } from '../random.ts';
import { Writing, type CorpusDocument } from '../document.ts';
import { compact, dayIn, parens, person, type Person } from './people.ts';

/** What stands in a field: text, or something of somebody's. */
type Part = string | { readonly of: string };
type Field = readonly Part[];

type Fields = Readonly<Record<number, Field | undefined>>;

const of = (value: string): Part => ({ of: value });

function message(chance: Chance, who: Person): readonly (readonly [string, Fields])[] {
  const day = compact(dayIn(chance));
  const at = `${day}${chance.from(10, 23)}${chance.from(10, 59)}`;
  const event = chance.pick(['ADT^A01^ADT_A01', 'ADT^A04', 'ADT^A08^ADT_A01', 'ORU^R01^ORU_R01', 'ADT^A40^ADT_A39', 'DFT^P03']);
  const site = chance.pick(['GOOD HEALTH HOSPITAL', 'XYZHospC', 'MCM', 'UAReg']);
  const name: Field = [of(who.family), '^', of(who.given), '^', of(who.middle), chance.pick(['', '^^^^L', '^JR', '^^DR^MD^L'])];
  const street: Field = [
    of(who.street),
    '^^',
    of(who.city),
    '^',
    who.state,
    '^',
    of(who.zip),
    chance.pick(['', '^USA', '^US^H', '^USA^P^^' + who.city.toUpperCase()]),
  ];
  const phone: Field = chance.pick([
    [of(parens(who.phone))],
    [of(parens(who.phone)), '^PRN^PH'],
    ['^PRN^PH^^1^', of(who.phone.area), '^', of(`${who.phone.exchange}${who.phone.line}`)],
    [of(parens(who.phone)), '~^NET^Internet^', of(who.email)],
  ]);
  const ids: Field = chance.pick<Field>([
    [of(who.mrn), `^^^${site}^MR`],
    [of(who.mrn), '^5^M11^ADT1^MR^', site],
    [of(who.mrn), '^^^ADT1^MR~', of(who.ssn), '^^^USSSA^SS'],
    [of(who.mrn), `^^^&1.2.840.114350.1.13&ISO^MR~`, of(who.member), '^^^INS^MB'],
    [of(who.mrn)],
  ]);
  const kin = person(chance);
  const segments: (readonly [string, Fields])[] = [
    ['EVN', { 1: [event.slice(4, 7)], 2: [at] }],
    [
      'PID',
      {
        1: ['1'],
        ...(chance.next() < 0.4 ? { 2: [of(who.account), '^^^EPI^EXT'] } : {}),
        3: ids,
        ...(chance.next() < 0.2 ? { 4: [of(`A${who.mrn}`)] } : {}),
        5: name,
        ...(chance.next() < 0.5 ? { 6: [of(who.maiden), '^', of(who.mother)] } : {}),
        7: [of(compact(who.born) + chance.pick(['', '', '0000', '0315', '031500-0500']))],
        8: [who.sex],
        ...(chance.next() < 0.2 ? { 9: [of(who.maiden), '^', of(who.given), '^^^^^A'] } : {}),
        10: [chance.pick(['', '2106-3^White^HL70005', '2028-9'])],
        11: street,
        12: [chance.pick(['', '025', 'MARION'])],
        13: phone,
        ...(chance.next() < 0.4 ? { 14: [of(parens(kin.phone)), '^WPN'] } : {}),
        15: [chance.pick(['', 'EN', 'spa^Spanish^ISO639'])],
        16: [chance.pick(['', 'S', 'M'])],
        18: [of(who.account), chance.pick(['', '^^^99DEF^AN', '^2^M10^ADT1^AN'])],
        ...(chance.next() < 0.6 ? { 19: [of(chance.pick([who.ssn, who.ssn.replaceAll('-', '')]))] } : {}),
        ...(chance.next() < 0.3 ? { 20: [of(who.licence), `^${who.state}`] } : {}),
        ...(chance.next() < 0.1 ? { 21: [of(kin.mrn), '^^^ADT1^MR'] } : {}),
        ...(chance.next() < 0.2 ? { 23: [of(who.city)] } : {}),
        ...(chance.next() < 0.1 ? { 29: [of(at)], 30: ['Y'] } : {}),
      },
    ],
    ['PD1', { 4: [`${chance.digits(6)}^ATTEND^AARON^A^^DR`] }],
  ];
  if (chance.next() < 0.6)
    segments.push([
      'NK1',
      {
        1: ['1'],
        2: [of(kin.family), '^', of(kin.given)],
        3: [chance.pick(['SPO^Spouse^HL70063', 'MTH', 'SON'])],
        4: [of(kin.street), '^^', of(kin.city), '^', kin.state, '^', of(kin.zip)],
        5: [of(parens(kin.phone)), chance.pick(['', '^PRN^PH'])],
        ...(chance.next() < 0.3 ? { 6: [of(parens(who.phone))] } : {}),
        7: [chance.pick(['', 'EC^Emergency Contact^HL70131', 'NK'])],
      },
    ]);
  segments.push([
    'PV1',
    {
      1: ['1'],
      2: [chance.pick(['I', 'O', 'E'])],
      3: [chance.pick(['2000^2012^01', '3W^389^1^UABH^^^^3', 'ICU^02^A'])],
      7: [`${chance.digits(6)}^LEVY^AARON^A^^DR`],
      10: ['SUR'],
      19: [of(who.visit), chance.pick(['', '^^^ADT1^VN', '^4^M10'])],
      ...(chance.next() < 0.5 ? { 44: [of(at)] } : {}),
      ...(chance.next() < 0.2 ? { 45: [of(at)] } : {}),
      ...(chance.next() < 0.2 ? { 50: [of(chance.digits(9)), '^^^ALT'] } : {}),
    },
  ]);
  if (event.startsWith('ADT^A40'))
    segments.push([
      'MRG',
      { 1: [of(kin.mrn), '^^^ADT1^MR'], 3: [of(kin.account)], 4: [of(`P${kin.mrn}`)], 5: [of(kin.visit)], 7: [of(kin.family), '^', of(kin.given)] },
    ]);
  if (event.startsWith('ORU')) {
    const placer = chance.digits(8);
    segments.push(
      ['ORC', { 1: ['RE'], 2: [of(placer), '^EHR'], 3: [of(`L${chance.digits(7)}`), '^LAB'] }],
      ['OBR', { 1: ['1'], 2: [of(placer), '^EHR'], 3: [of(`24-${chance.digits(6)}`), '^LAB'], 4: ['2951-2^SODIUM^LN'], 7: [at] }],
      ['OBX', { 1: ['1'], 2: ['NM'], 3: ['2951-2^SODIUM^LN'], 5: [String(chance.from(120, 150))], 6: ['mmol/L'], 7: ['136-145'], 11: ['F'], 14: [at] }],
    );
  }
  if (chance.next() < 0.5)
    segments.push([
      'GT1',
      {
        1: ['1'],
        2: [chance.digits(7)],
        3: [of(kin.family), '^', of(kin.given)],
        5: [of(kin.street), '^^', of(kin.city), '^', kin.state, '^', of(kin.zip)],
        6: [of(parens(kin.phone))],
        8: [of(compact(kin.born))],
        9: [kin.sex],
        11: ['SEL'],
        12: [of(kin.ssn)],
      },
    ]);
  if (chance.next() < 0.6) {
    segments.push([
      'IN1',
      {
        1: ['1'],
        2: ['PPO^PRE2'],
        3: [chance.digits(5)],
        4: ['LIFE PRUDENT BUYER'],
        5: ['PO BOX 23523^^WELLINGTON^OH^98111'],
        8: [chance.digits(5)],
        16: [of(who.family), '^', of(who.given)],
        17: [chance.pick(['SEL', '18'])],
        18: [of(compact(who.born))],
        19: [of(who.street), '^^', of(who.city), '^', who.state, '^', of(who.zip)],
        36: [of(who.member)],
        ...(chance.next() < 0.3 ? { 49: [of(who.member)] } : {}),
      },
    ]);
    if (chance.next() < 0.4) segments.push(['IN2', { 1: [of(chance.digits(8))], 2: [of(who.ssn)], ...(chance.next() < 0.5 ? { 6: [of(who.mbi)] } : {}) }]);
  }
  return [['MSH', { 7: [at], 9: [event], 10: [`MSG${chance.digits(5)}`], 11: ['P'], 12: [chance.pick(['2.3', '2.3.1', '2.5.1', '2.7', '2.8'])] }], ...segments];
}

/** Fields of persons that may have nothing of them but a code. */
const WHOLE: Readonly<Record<string, readonly number[]>> = { NK1: [7] };
/** The separators of MSH-1 and MSH-2. */
const standard = '|^~\\&';

/** A message as it comes past in a terminal: a file, a log of an interface engine, what grep found of many. */
export function hl7(chance: Chance): CorpusDocument {
  const to = new Writing();
  const who = person(chance);
  const marks = chance.next() < 0.85 ? standard : chance.pick(['#^~\\&', '|@~\\&', '$%~\\&']);
  const translate = (text: string): string => text.replaceAll(/[|^~&]/g, (sign) => marks[standard.indexOf(sign)]!);
  const style = chance.pick(['file', 'file', 'file', 'log', 'numbered', 'grep', 'framed', 'escaped', 'one line']);
  const segments = message(chance, who);
  // Without its header nothing says which separators a message has.
  const kept = style === 'grep' && marks === standard ? segments.filter(([id]) => id === 'PID' || id === 'NK1') : segments;
  const joint = style === 'escaped' ? '\\r' : style === 'one line' ? chance.pick(['<CR>', '^M', '\u240d']) : '\n';
  if (style === 'log' || style === 'escaped' || style === 'one line')
    to.put(
      chance.pick([
        '2026-11-29 03:12:09,114 INFO  [adt-in] received: ',
        '[2026-11-29T03:12:09Z] DEBUG mllp: <- ',
        'Nov 29 03:12:09 ie01 engine[4112]: message ',
      ]),
    );
  if (style === 'framed') to.put('\u000b');
  kept.forEach(([id, fields], n) => {
    if (n > 0) to.put(joint);
    if (style === 'numbered') to.put(`${String(n + 1).padStart(6)}\t`);
    if (style === 'grep' && marks === standard) to.put(chance.pick(['adt.hl7:', '/var/spool/hl7/in/0012.hl7:', 'adt.hl7-12:']));
    to.put(id);
    if (id === 'MSH') to.put(marks[0]! + marks.slice(1)).put(translate(`|ADT1|${chance.pick(['MCM', 'GHH'])}|LABADT|MCM`));
    const last = Math.max(...Object.keys(fields).map(Number));
    // MSH-1 is the separator itself, and MSH-3 to 6 are written above.
    for (let field = id === 'MSH' ? 7 : 1; field <= last; field++) {
      to.put(translate('|'));
      for (const part of fields[field] ?? [])
        if (typeof part === 'string') {
          const beside = fields[field]?.some((other) => typeof other !== 'string') === true || WHOLE[id]?.includes(field) === true;
          to[beside ? 'near' : 'put'](translate(part));
        } else to.mark('hl7', [...part.of].some((sign) => marks.includes(sign)) ? [...part.of].filter((sign) => !marks.includes(sign)).join('') : part.of);
    }
  });
  if (style === 'framed') to.put('\u001c');
  return to.line().done('hl7');
}
