/** Tables whose columns have names: psql and mysql, aligned, framed and expanded (`\x`), and lists with a separator under a header. */
import { NOTHING, type Found, type StructureReader, type StructureRow } from './recogniser.ts';

/**
 * Names of columns that say who somebody is, in lower case with underscores: as they are in Epic's Clarity, OMOP, OpenMRS, OpenEMR and Synthea, and as people
 * name them. A part of a name counts as well (`guarantor_last_name`, `patient_dob`).
 */
const NAMES = new RegExp(
  `(?:^|_)(?:${[
    'ssn|ss|social_?security(?:_?(?:no|num(?:ber)?))?|dob|mrn|med(?:ical)?_?rec(?:ord)?_?(?:no|num(?:ber)?)|hrn|unit_?(?:no|num(?:ber)?)',
    'pat(?:ient)?_?(?:id|no|num(?:ber)?|mrn)|pat_mrn_id|person_source_value|birth_?(?:date|day|dt)(?:time)?|date_?of_?birth|death_?date|deceased_?date',
    '(?:first|last|middle|full|given|family|maiden|patient|pat|pt|member|subscriber|insured|mothers?|guarantor|kin|contact|sur|fore|birth|legal|preferred)_?name|[flm]_?name|surname|forename',
    'addr(?:ess)?(?:_?line)?_?\\d?|add_line_\\d|street(?:_?\\d)?|phone(?:_?(?:no|num(?:ber)?))?|mobile|cell(?:_?phone)?|fax|e_?mail(?:_?addr(?:ess)?)?|zip(?:_?code)?|post(?:al)?_?code',
    '(?:member|subscriber|policy|insured|insurance)_?(?:id|no|num(?:ber)?)|csn|har|mbi|hicn|medicare_?(?:id|no|num(?:ber)?)|medicaid_?(?:id|no|num(?:ber)?)|(?:visit|encounter|account|acct|accession)_?(?:no|num(?:ber)?)',
    'dea(?:_?(?:no|num(?:ber)?))?|drivers?(?:_?licen[cs]e)?|passport(?:_?(?:no|num(?:ber)?))?|passwd|password|secret',
  ].join('|')})(?:_|$)`,
);
const OTHERS = /(?:^|_)(?:ip|mac|host|net|remote|server|bind|listen|sender|user|table|column|file|domain)_?(?:addr(?:ess)?|name|phone)(?:_|$)/;
/** Column names as one types them together (CSV of Synthea: BIRTHDATE, FIRST, LAST). */
const WHOLE = /^(?:first|last|middle|maiden|birthplace|patient|name_last|name_first|lat|lon)$/;

/** Of machines and accounts as well: these do not say that a row is somebody. */
const ALSO_OF_THINGS = /addr|street|phone|mobile|cell|fax|mail|zip|post|passw|secret|dea|licen|passport|lat|lon|acc|policy|number|_no(?:_|$)/;

const plainName = (name: string): string =>
  name
    .trim()
    .replaceAll(/^["'`]|["'`]$/g, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll(/[ .-]/g, '_')
    .toLowerCase();

const isSensitivePlain = (plain: string): boolean => plain.length <= 80 && (NAMES.test(plain) || WHOLE.test(plain)) && !OTHERS.test(plain);
const isSensitive = (name: string): boolean => isSensitivePlain(plainName(name));

/** Which columns of a table say who somebody is. One that is called `name` alone is of pods and tables as well: it does where another one says that a row is somebody. */
function sensitiveOf(names: readonly string[]): boolean[] {
  const plain = names.map(plainName);
  const found = plain.map(isSensitivePlain);
  const ofPeople = found.some((is, i) => is && !ALSO_OF_THINGS.test(plain[i]!));
  return found.map((is, i) => is || (ofPeople && plain[i] === 'name'));
}

/** `---- ----`: columns that stand below their lines, one or more blanks apart (psql without borders, sqlplus, sqlite3). */
const DASHES = /^[-─]{1,400}(?: {1,4}[-─]{1,400}){1,80} *$/;
/** `---+---`, `+-----+-----+`, and the same of line drawing. */
const RULE = /^\s?[+|├┌╞─═-]?[-─═][-─═][-+|─═┼┬┴┤┐├┌┘└╪]*\s*$/;
const RECORD = /^[+├┌]?[-─]\[ (?:RECORD|DATENSATZ|ENREGISTREMENT) \d{1,12} \]/;
const ROW_COUNT = /^\(\d{1,12} (?:rows?|Zeilen?)\)/;
const STARS = /^\*{5,40} \d{1,12}\. row \*{5,40}/;

type Mode =
  | { readonly kind: 'none' }
  /** Columns in their order; `bars` where each row has bars, and what separates them. */
  | { readonly kind: 'rows'; readonly sensitive: readonly boolean[]; readonly separator: string; readonly framed: boolean }
  /** Columns by their places in the line. */
  | { readonly kind: 'places'; readonly columns: readonly { readonly from: number; readonly to: number }[]; readonly lines: number }
  | { readonly kind: 'expanded' };

class ColumnReader implements StructureReader {
  #mode: Mode = { kind: 'none' };
  #before = '';
  /** Of an expanded row that goes on. */
  #sensitive = false;

  /** A line that stands alone has no header, and a header has no values: there is nothing to be found in it. */
  readonly fresh = true;

  line(text: string, likely: boolean): readonly Found[] {
    const found = this.#line(text, likely);
    this.#before = text;
    return found;
  }

  #line(text: string, likely: boolean): readonly Found[] {
    if (RECORD.test(text) || STARS.test(text)) {
      this.#mode = { kind: 'expanded' };
      return [];
    }
    if (text.length > 2 && DASHES.test(text)) {
      const columns = placesOf(text, this.#before);
      if (columns.length > 0) this.#mode = { kind: 'places', columns, lines: 0 };
      else if (this.#mode.kind === 'places') this.#mode = { kind: 'none' };
      return [];
    }
    const isRule = text.length > 2 && RULE.test(text) && /[-─═]/.test(text);
    if (isRule) {
      const bar = this.#before.includes('│') ? '│' : '|';
      const framed = /^\s?[+├┌╞|]/.test(text);
      if (this.#before.includes(bar) || (!RULE.test(this.#before) && isSensitive(this.#before) && this.#before.trim().length < 64)) {
        const sensitive = sensitiveOf(cells(this.#before, bar, framed).map(({ text: name }) => name));
        // The rule below the last row is followed by the count of rows.
        if (sensitive.some(Boolean)) this.#mode = { kind: 'rows', sensitive, separator: bar, framed };
        else if (this.#mode.kind !== 'rows' || !framed) this.#mode = { kind: 'none' };
      }
      return [];
    }
    switch (this.#mode.kind) {
      case 'rows':
        return this.#row(text, this.#mode);
      case 'places':
        return this.#places(text, this.#mode);
      case 'expanded':
        return this.#expanded(text);
      default:
        return likely ? this.#header(text) : NOTHING;
    }
  }

  #row(text: string, { sensitive, separator, framed }: Extract<Mode, { kind: 'rows' }>): Found[] {
    const parts = cells(text, separator, framed);
    // A value may have the separator in it: then there are more, and what is behind the first sensitive one is all withheld.
    if (text.trim() === '' || ROW_COUNT.test(text) || (sensitive.length > 1 && parts.length < 2) || parts.length < sensitive.length) {
      this.#mode = { kind: 'none' };
      return [];
    }
    const first = sensitive.indexOf(true);
    return parts.flatMap((part, i) => {
      const wanted = parts.length === sensitive.length ? sensitive[i] === true : i >= first;
      return wanted ? spanOf(part) : [];
    });
  }

  #places(text: string, mode: Extract<Mode, { kind: 'places' }>): Found[] {
    if (text.trim() === '' || ROW_COUNT.test(text) || /^\d{1,12} rows? selected/.test(text) || PROMPT.test(text)) {
      this.#mode = { kind: 'none' };
      return [];
    }
    return mode.columns.flatMap(({ from, to }) => spanOf({ text: text.slice(from, to), at: from }));
  }

  #expanded(text: string): Found[] {
    const inner = /^[|│]/.test(text) ? 1 : 0;
    const bar = /[|│]/.exec(text.slice(inner)) ?? /^ *[A-Za-z_][A-Za-z0-9_ ]{0,62}(:) /.exec(text);
    if (!bar) {
      if (text.trim() === '' || /[$#>] ?$/.test(text)) this.#mode = { kind: 'none' };
      return [];
    }
    const at = inner + (bar[0].length === 1 ? bar.index : bar[0].length - 2);
    const name = text.slice(inner, at);
    // An empty name: the value above goes on (psql marks that with a + at its end).
    if (name.trim() !== '') this.#sensitive = isSensitive(name);
    const value = text.slice(at + 1);
    return this.#sensitive ? spanOf({ text: inner > 0 ? value.replace(/[|│]\s*$/, '') : value, at: at + 1 }) : [];
  }

  /** A header of a list with a separator: names alone, one of which says who somebody is. */
  #header(text: string): Found[] {
    if (text.length > 4000 || NO_HEADER.test(text)) return [];
    for (const separator of [',', '|', '\t', ';']) {
      if (!text.includes(separator)) continue;
      const names = text.trimEnd().split(separator);
      if (names.length < 2 || !names.every((name) => /^\s{0,8}["']?[A-Za-z][A-Za-z0-9_ ]{0,62}["']?\s{0,40}$/.test(name))) continue;
      const sensitive = sensitiveOf(names);
      // X12 with bars has segments of addresses that look like names.
      if (separator === '|' && /^(?:N[1-4]|NM1|PER|REF)\|/.test(text)) return [];
      if (sensitive.some(Boolean) && (separator !== '|' || !/ \| /.test(text))) this.#mode = { kind: 'rows', sensitive, separator, framed: false };
      return [];
    }
    return [];
  }
}

/** A shell's or a client's prompt ends a table that has no other end. */
const PROMPT = /^[A-Za-z0-9_.@:~/-]{0,40}[=-]?[#$>](?: |$)/;

/** The sensitive ones of the columns that stand below the dashes of a rule, by the names in the line above it. */
function placesOf(rule: string, header: string): { from: number; to: number }[] {
  const columns = Array.from(rule.matchAll(/[-─]+/g), ({ 0: { length }, index }) => ({ from: index, to: index + length }));
  // The last one may be longer than its rule; where dashes are shorter than a name (sqlplus), the name goes on to the next column.
  const places = columns.map((column, i) => ({ ...column, to: columns[i + 1]?.from ?? Number.MAX_SAFE_INTEGER }));
  const sensitive = sensitiveOf(places.map(({ from, to }) => header.slice(from, to)));
  return places.filter((_, i) => sensitive[i]);
}

/** What stands in no name and separates none: a line with it is no header, whatever names it has. */
const NO_HEADER = /[^\w\s"',|;]/;

interface Cell {
  readonly text: string;
  readonly at: number;
}

/** Cells of a row, with where they stand. Fields in quotation marks may have commas in them. */
function cells(text: string, separator: string, framed: boolean): Cell[] {
  const parts: Cell[] = [];
  let at = 0;
  let quoted = false;
  for (let i = 0; i <= text.length; i++) {
    const character = text.charAt(i);
    if (character === '"' && separator !== '|' && separator !== '│') quoted = !quoted;
    if (i === text.length || (character === separator && !quoted)) {
      parts.push({ text: text.slice(at, i), at });
      at = i + 1;
    }
  }
  return framed && parts.length > 2 ? parts.slice(1, -1) : parts;
}

/** Without the blanks around it, and without the + with which psql goes on. */
function spanOf({ text, at }: Cell): Found[] {
  const whole = text.trimEnd();
  const value = whole.endsWith('+') ? whole.slice(0, -1).trimEnd() : whole;
  const begin = value.length - value.trimStart().length;
  return begin < value.length ? [{ kind: 'columns', start: at + begin, end: at + value.length }] : [];
}

export const columnsRow: StructureRow = {
  kind: 'columns',
  help: 'Columns of psql, mysql and lists with a separator whose header says who somebody is: aligned, framed, expanded (\\x). Without a header only what the other rows find.',
  reason: 'patient-data',
  standard: true,
  reader: () => new ColumnReader(),
  needs: { words: [',', '|', '\t', ';'] },
  examples: {
    found: [
      ' id |  last_name  | state \n----+-------------+-------\n  1 | «Diaz»        | MA',
      '-[ RECORD 1 ]\nlast_name | «Diaz»\nstate     | MA',
      'id,ssn,city\n1,«536221847»,Boston',
      ' name         | mrn      \n--------------+----------\n «DIAZ, ROSA» | «00482913»',
      'name,ssn\n«Rosa Diaz»,«536221847»',
      'id;csn;fax\n1;«88120034»;«6175552368»',
    ],
    left: [' table_name | host_name | ip_address \n------------+-----------+-----------\n a | b | 10.0.0.1', 'name | status\n1 | 2'],
  },
};
