/** X12 (270, 271, 834, 835, 837): which elements of which segments hold who somebody is. */
import { NOTHING, type Found, type StructureReader, type StructureRow } from './recogniser.ts';

/** Whose name NM1 says: the insured, the patient, the subscriber, a dependent. Providers and payers stay. */
const PEOPLE = /^(?:IL|QC|74|03|70|QD|36|GD|S1|X4|LR|EY)$/;
/** Of HL: levels of subscribers, dependents and patients. */
const LEVELS = /^(?:22|23|PT)$/;
/** Of REF: numbers of people, whoever was named before; and such as are theirs where one of them was. */
const NUMBERS = /^(?:SY|1L|0F|1W|EJ|EA|6P|IG|Y4|23|49|3H|ABJ|HJ|N6)$/;

/**
 * Segments that say of whom those after them speak. `undefined`: it does not say. Where nothing was said yet (a pager, a grep) it may be a patient.
 */
const WHOSE: Readonly<Record<string, (elements: readonly string[]) => boolean | undefined>> = {
  ISA: () => false,
  GS: () => false,
  ST: () => false,
  BPR: () => false,
  N1: () => false,
  NM1: ([qualifier]) => PEOPLE.test(qualifier ?? ''),
  HL: ([, , level]) => LEVELS.test(level ?? ''),
  INS: () => true,
  CLM: () => true,
  CLP: () => true,
};

/** Elements that say who somebody is; of the last five only where a patient, a subscriber or a dependent is spoken of. */
const ELEMENTS: Readonly<Record<string, (elements: readonly string[], person: boolean) => readonly number[]>> = {
  NM1: ([qualifier]) => (PEOPLE.test(qualifier ?? '') ? [3, 4, 5, 9] : []),
  DMG: () => [2],
  REF: ([qualifier]) => (NUMBERS.test(qualifier ?? '') ? [2] : []),
  CLM: () => [1],
  CLP: () => [1, 7],
  N3: (_, person) => (person ? [1, 2] : []),
  N4: (_, person) => (person ? [1, 3] : []),
  PER: (_, person) => (person ? [2, 4, 6, 8] : []),
  TRN: (_, person) => (person ? [2] : []),
};
const SEEN = [...new Set([...Object.keys(ELEMENTS), ...Object.keys(WHOSE)])];
/** Of a segment: real ones have some hundred characters. */
const MOST_CHARACTERS = 2000;
const GATE = new RegExp(SEEN.map((name) => `${name}[^A-Za-z0-9\\s]`).join('|'));
const HEADER = /(?:^|[^A-Za-z0-9])ISA([^A-Za-z0-9\s])\d\d[^A-Za-z0-9]/;

interface Expressions {
  readonly segment: RegExp;
  readonly end: RegExp;
}

function expressionsOf(separator: string): Expressions {
  const quoted = `[${separator.replace(/[\\\]^-]/, '\\$&')}]`;
  const names = SEEN.join('|');
  return { segment: new RegExp(`(?:^|[^A-Za-z0-9])(${names})${quoted}`, 'g'), end: new RegExp(`[~\\r\\n]|[^A-Za-z0-9](?:${names})${quoted}`) };
}
const USUAL = expressionsOf('*');

class X12Reader implements StructureReader {
  /** As ISA says, until the next interchange. */
  #separator = '*';
  #expressions = USUAL;
  #person = true;

  get fresh(): boolean {
    return this.#separator === '*' && this.#person;
  }

  line(text: string, likely: boolean): readonly Found[] {
    if (!likely || !GATE.test(text)) return NOTHING;
    const separator = HEADER.exec(text)?.[1];
    if (separator !== undefined && separator !== this.#separator) {
      this.#separator = separator;
      this.#expressions = separator === '*' ? USUAL : expressionsOf(separator);
    }
    const { segment, end } = this.#expressions;
    const found: Found[] = [];
    segment.lastIndex = 0;
    for (let match = segment.exec(text); match; match = segment.exec(text)) {
      const begin = match.index + match[0].length;
      const rest = text.slice(begin, begin + MOST_CHARACTERS);
      const stop = end.exec(rest);
      const elements = (stop ? rest.slice(0, stop.index) : rest).split(this.#separator);
      this.#person = WHOSE[match[1]!]?.(elements) ?? this.#person;
      const wanted = ELEMENTS[match[1]!]?.(elements, this.#person) ?? [];
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
  help: 'X12: names, birth dates, addresses and numbers of patients, subscribers and dependents (NM1, DMG, N3, N4, REF, PER, CLM, CLP, TRN), with the separator that ISA names.',
  reason: 'patient-data',
  standard: true,
  reader: () => new X12Reader(),
  needs: { words: SEEN },
  examples: {
    found: ['NM1*IL*1*«DIAZ»*«ROSA»****MI*«W1234567801»~DMG*D8*«19570312»*F~', 'REF*SY*«536221847»~', 'ISA|00|~NM1|IL|1|«DIAZ»|«ROSA»~REF|EA|«00482913»~'],
    left: ['NM1*85*2*HOSPITAL*****XX*1234567893~', 'REF*G1*1234~', 'NM1*85*2*HOSPITAL~N3*234 SEAWAY ST~N4*MIAMI*FL*33111~', 'SELECT N*1'],
  },
};
