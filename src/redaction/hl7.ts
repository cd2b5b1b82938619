/** HL7 v2: which fields of which segments hold who somebody is (HL7 v2.5.1, chapters 3, 4 and 6). */
import { NOTHING, type Found, type StructureReader, type StructureRow } from './recogniser.ts';

/** Field numbers as the standard counts them: the first one behind the segment's name is 1. */
const FIELDS: Readonly<Record<string, readonly number[]>> = {
  PID: [2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 18, 19, 20, 21, 23, 29],
  NK1: [2, 4, 5, 6, 7],
  GT1: [3, 5, 6, 7, 8, 12],
  IN1: [16, 18, 19, 36, 49],
  IN2: [1, 2, 6, 8, 61],
  PV1: [19, 44, 45, 50],
  MRG: [1, 2, 3, 4, 5, 6, 7],
  ORC: [2, 3],
  OBR: [2, 3],
};
const GATE = /PID|NK1|GT1|IN1|IN2|PV1|MRG|ORC|OBR|MSH/;
/** Of a segment: a PID with everything in it has some thousand characters. */
const MOST_CHARACTERS = 4000;

interface Expressions {
  readonly begin: RegExp;
  readonly end: RegExp;
}

/** Where segments begin that are looked at; and where one ends: at a CR, which `less` and `vim` show as ^M and logs as \\r, or where the next one begins. */
function expressionsOf(separator: string): Expressions {
  const quoted = `[${separator.replace(/[\\\]^-]/, '\\$&')}]`;
  const names = Object.keys(FIELDS).join('|');
  return {
    begin: new RegExp(`(?:^|[^A-Za-z0-9]|\\^M|\\\\[rn])(${names})${quoted}`, 'g'),
    end: new RegExp(`\\r|\\\\[rn]|\\^M(?=$|[A-Z][A-Z][A-Z0-9]${quoted})|[^A-Za-z0-9](?:MSH|EVN|PD1|PV2|OBX|NTE|AL1|DG1|Z[A-Z0-9][A-Z0-9]|${names})${quoted}`),
  };
}

const USUAL = expressionsOf('|');

class Hl7Reader implements StructureReader {
  /** As MSH-1 says, until the next message. */
  #separator = '|';
  #expressions = USUAL;

  get fresh(): boolean {
    return this.#separator === '|';
  }

  line(text: string, likely: boolean): readonly Found[] {
    if (!likely || !GATE.test(text)) return NOTHING;
    const [, separator] = /(?:^|[^A-Za-z0-9])MSH([^A-Za-z0-9\s])/.exec(text) ?? [];
    if (separator !== undefined && separator !== this.#separator) {
      this.#separator = separator;
      this.#expressions = expressionsOf(separator);
    }
    const { begin, end } = this.#expressions;
    const found: Found[] = [];
    begin.lastIndex = 0;
    for (let match = begin.exec(text); match; match = begin.exec(text)) {
      const from = match.index + match[0].length;
      const rest = text.slice(from, from + MOST_CHARACTERS);
      const stop = end.exec(rest);
      const wanted = FIELDS[match[1]!]!;
      let at = from;
      for (const [i, field] of (stop ? rest.slice(0, stop.index) : rest).split(this.#separator).entries()) {
        if (wanted.includes(i + 1)) found.push(...components(field, at));
        at += field.length + 1;
      }
    }
    return found;
  }
}

/** What stands between the separators of components and repetitions: the shape of the field stays. */
function components(field: string, at: number): Found[] {
  const found: Found[] = [];
  for (const match of field.matchAll(/[^~&^]+/g)) {
    const value = match[0].trimEnd();
    if (value !== '' && value !== '""') found.push({ kind: 'hl7', start: at + match.index, end: at + match.index + value.length });
  }
  return found;
}

export const hl7Row: StructureRow = {
  kind: 'hl7',
  help: 'HL7 v2: fields of PID, NK1, GT1, IN1, IN2, PV1, MRG, ORC and OBR that say who somebody is, with the separator that MSH-1 names. Free text (OBX-5, NTE-3) is looked at by the other rows.',
  reason: 'patient-data',
  standard: true,
  reader: () => new Hl7Reader(),
  needs: { words: ['MSH', ...Object.keys(FIELDS)] },
  examples: {
    found: ['PID|1||«00482913»^^^«HOSP»^«MR»||«DIAZ»^«ROSA»||«19570312»|F', 'OBR|1|«4711»|«L99»|CBC', 'MSH|^~\\&|ADT1\\rPID|1||«00482913»\\rPV1|1|I'],
    left: ['OBX|1|NM|WBC||7.1|10*3/uL', 'PIDX|1||2', 'pid|3 4', 'PID|1'],
  },
};
