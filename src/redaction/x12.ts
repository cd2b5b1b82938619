/** X12 (270, 271, 834, 835, 837): which elements of which segments hold who somebody is. */
import type { Found, StructureReader, StructureRow } from './recogniser.ts';

/** Whose name NM1 says: the insured, the patient, the subscriber, a dependent. Providers and payers stay. */
const PEOPLE = /^(?:IL|QC|74|03|70|QD|36|GD|S1|X4|LR|EY)$/;
/** Of REF: numbers of people. */
const NUMBERS = /^(?:SY|1L|0F|1W|EJ|6P|IG|Y4|23|49|3H|ABJ|HJ|N6)$/;

const ELEMENTS: Readonly<Record<string, (elements: readonly string[]) => readonly number[]>> = {
  NM1: ([qualifier]) => (PEOPLE.test(qualifier ?? '') ? [3, 4, 5, 9] : []),
  DMG: () => [2],
  N3: () => [1, 2],
  N4: () => [1, 3],
  REF: ([qualifier]) => (NUMBERS.test(qualifier ?? '') ? [2] : []),
  PER: () => [2, 4, 6, 8],
  CLM: () => [1],
  CLP: () => [1, 7],
  TRN: () => [2],
};
const NAMES = Object.keys(ELEMENTS).join('|');
const SEGMENT = new RegExp(`(?:^|[^A-Za-z0-9])(${NAMES})\\*`, 'g');
const SEGMENT_END = new RegExp(`[~\\r\\n]|[^A-Za-z0-9](?:${NAMES})\\*`);
/** Of a segment: real ones have some hundred characters. */
const MOST_CHARACTERS = 2000;
const GATE = /NM1\*|DMG\*|N3\*|N4\*|REF\*|PER\*|CLM\*|CLP\*|TRN\*/;

class X12Reader implements StructureReader {
  line(text: string): Found[] {
    if (!GATE.test(text)) return [];
    const found: Found[] = [];
    SEGMENT.lastIndex = 0;
    for (let match = SEGMENT.exec(text); match; match = SEGMENT.exec(text)) {
      const begin = match.index + match[0].length;
      const rest = text.slice(begin, begin + MOST_CHARACTERS);
      const end = SEGMENT_END.exec(rest);
      const body = end ? rest.slice(0, end.index) : rest;
      const elements = body.split('*');
      const wanted = ELEMENTS[match[1]!]!(elements);
      let at = begin;
      for (const [i, element] of elements.entries()) {
        const value = element.trimEnd();
        if (wanted.includes(i + 1) && value.trim() !== '') found.push({ kind: 'x12', start: at, end: at + value.length });
        at += element.length + 1;
      }
    }
    return found;
  }
}

export const x12Row: StructureRow = {
  kind: 'x12',
  help: 'X12: names, birth dates, addresses and numbers of patients, subscribers and dependents (NM1, DMG, N3, N4, REF, PER, CLM, CLP, TRN).',
  reason: 'patient-data',
  standard: true,
  reader: () => new X12Reader(),
  examples: {
    found: ['NM1*IL*1*«DIAZ»*«ROSA»****MI*«W1234567801»~DMG*D8*«19570312»*F~', 'REF*SY*«536221847»~'],
    left: ['NM1*85*2*HOSPITAL*****XX*1234567893~', 'REF*G1*1234~', 'SELECT N*1'],
  },
};
