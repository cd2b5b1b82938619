/**
 * FHIR, and other JSON with its names: the path to a value says what it is. The reader takes what a terminal shows of JSON: pretty-printed over many lines,
 * one resource a line, begun in the middle, cut by a pager. What is no JSON any more makes it begin anew.
 */
import { NOTHING, type Found, type StructureReader, type StructureRow } from './recogniser.ts';

/** Members of these objects (or of objects in these arrays) that say who somebody is. */
const INSIDE: Readonly<Record<string, readonly string[]>> = {
  name: ['family', 'given', 'text', 'maiden'],
  identifier: ['value'],
  telecom: ['value'],
  address: ['line', 'city', 'district', 'postalCode', 'text'],
  valueAddress: ['line', 'city', 'district', 'postalCode', 'text'],
  valueHumanName: ['family', 'given', 'text'],
  photo: ['data', 'url'],
  text: ['div'],
  subject: ['display'],
  patient: ['display'],
  beneficiary: ['display'],
  subscriber: ['display'],
};
/** Members that do so anywhere. */
const ALONE = new Set(['birthDate', 'deceasedDateTime', 'subscriberId', 'multipleBirthInteger', 'family', 'postalCode']);
/** Members that are arrays of strings. */
const LISTS = new Set(['given', 'line', 'family']);

/** Extensions whose value says who somebody is, by the end of their address. */
const EXTENSIONS = /(?:mothersMaidenName|birthTime|birthPlace|own-name|fathers-family|mothers-family)$/;

const MAX_DEPTH = 64;

interface Level {
  readonly array: boolean;
  /** The member of the level above that this is the value of; of an array's elements, the array's. */
  readonly name: string;
  /** An extension that says who somebody is. */
  telling?: boolean;
}

class FhirReader implements StructureReader {
  #levels: Level[] = [];
  #key = '';
  /** A string was begun and not ended in the line before. */
  #open: { readonly wanted: boolean } | undefined;

  get fresh(): boolean {
    return this.#levels.length === 0 && !this.#open && this.#key === '';
  }

  line(text: string, likely: boolean): readonly Found[] {
    if (!likely && this.fresh) return NOTHING;
    const found: Found[] = [];
    let at = 0;
    if (this.#open) {
      const end = endOfString(text, 0);
      if (this.#open.wanted) add(found, text, 0, end ?? text.length);
      if (end === undefined) {
        // A string of JSON has no line end: only one that a terminal has wrapped goes on.
        this.#open = undefined;
        return found;
      }
      this.#open = undefined;
      at = end + 1;
    }
    while (at < text.length) {
      const unit = text.charCodeAt(at);
      if (unit < 128 && PASSED[unit] === 1) {
        at += 1;
        continue;
      }
      const character = text.charAt(at);
      if (character === '"') {
        const end = endOfString(text, at + 1);
        const last = end ?? text.length;
        const colon = end === undefined ? undefined : /^\s{0,8}:/.exec(text.slice(end + 1, end + 10));
        if (colon) {
          this.#key = text.slice(at + 1, last);
          at = last + 1 + colon[0].length;
          continue;
        }
        const level = this.#levels.at(-1);
        if (level && this.#key === 'url') level.telling = EXTENSIONS.test(text.slice(at + 1, last));
        const wanted = this.#wanted();
        if (wanted) add(found, text, at + 1, last);
        if (end === undefined) this.#open = { wanted };
        at = last + 1;
        if (!this.#levels.at(-1)?.array) this.#key = '';
        continue;
      }
      if (character === '{' || character === '[') {
        const above = this.#levels.at(-1);
        if (this.#levels.length >= MAX_DEPTH) this.#levels = [];
        this.#levels.push({ array: character === '[', name: this.#key === '' && above?.array ? above.name : this.#key });
        this.#key = '';
      } else if (character === '}' || character === ']') {
        this.#levels.pop();
        this.#key = '';
      } else if (character === ',') {
        if (!this.#levels.at(-1)?.array) this.#key = '';
      } else if (!/\s/.test(character)) {
        // No JSON: a prompt, a log line.
        this.#levels = [];
        this.#key = '';
      }
      at += 1;
    }
    return found;
  }

  /** Whether a string that begins here says who somebody is. */
  #wanted(): boolean {
    const level = this.#levels.at(-1);
    const inArray = level?.array === true;
    const member = inArray ? level.name : this.#key;
    if (member === '') return false;
    if (inArray && !LISTS.has(member)) return false;
    if (ALONE.has(member) || (level?.telling === true && member.startsWith('value'))) return true;
    // Without what stands above it (a pager began in the middle), given names and street lines say enough.
    const holder = inArray ? this.#levels.at(-2)?.name : level?.name;
    if (holder === undefined || holder === '') return LISTS.has(member) && inArray;
    return INSIDE[holder]?.includes(member) === true;
  }
}

function add(found: Found[], text: string, start: number, end: number): void {
  if (text.slice(start, end).trim() !== '') found.push({ kind: 'fhir', start, end });
}

/** What stands between the members of JSON and says nothing: blanks, colons, numbers, true and null. */
const PASSED = Uint8Array.from({ length: 128 }, (_, unit) => (/[\s:\d.eE+a-z-]/.test(String.fromCharCode(unit)) ? 1 : 0));

/** Where a string ends that has begun before `from`: the index of its quotation mark. */
function endOfString(text: string, from: number): number | undefined {
  // Backslashes in a row before it: an odd one of them makes it a part of the string.
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let back = at;
    while (back > from && text.charAt(back - 1) === '\\') back -= 1;
    if ((at - back) % 2 === 0) return at;
  }
  return undefined;
}

export const fhirRow: StructureRow = {
  kind: 'fhir',
  help: 'FHIR and other JSON: names, birth dates, identifiers, telecoms, addresses, photos and narratives by their path, pretty-printed, on one line or cut by a pager.',
  reason: 'patient-data',
  standard: true,
  reader: () => new FhirReader(),
  needs: { words: ['"'] },
  examples: {
    found: [
      '{"resourceType":"Patient","name":[{"family":"«Diaz»","given":["«Rosa»","«M»"]}],"birthDate":"«1957-03-12»"}',
      '{"identifier":[{"system":"urn:x","value":"«00482913»"}],"telecom":[{"value":"«617-555-2368»"}]}',
      '  "birthDate": "«1957-03-12»",',
      '"name":\n[\n{\n"family": "«Diaz»"',
    ],
    left: ['{"name":"nginx","value":"7"}', '{"metadata":{"name":"pod","labels":{"value":"x"}}}', 'say "hello"', '{"kind":"Pod","address":"10.0.0.1"}'],
  },
};
