/** Tables whose columns have names: psql and mysql, aligned, framed and expanded (`\x`), and lists with a separator under a header. */
import type { Found, StructureReader, StructureRow } from './recogniser.ts';

const NAMES =
  /(?:^|[_ ])(?:ssn|social_?security|dob|mrn|pat(?:ient)?_?(?:id|no|num)|birth_?(?:date|day)|date_?of_?birth|(?:first|last|middle|full|given|family|maiden|patient|pt|mothers?|guarantor|kin)_?name|addr(?:ess)?_?\d?|street|phone|mobile|fax|e_?mail|zip|postal_?code|member_?id|policy_?(?:no|num(?:ber)?|id)|csn|mbi|medicare_?(?:id|no|num(?:ber)?)|dea(?:_?(?:no|num(?:ber)?))?|passwd|password|secret)(?:[_ ]|$)/i;
const OTHERS = /(?:^|[_ ])(?:ip|mac|host|net|remote|server|bind|listen)_?(?:addr|name|phone)/i;
/** Column names as one types them together (CSV of Synthea: BIRTHDATE, FIRST, LAST). */
const WHOLE = /^(?:first|last|middle|maiden|surname|forename|birthdate|birthplace|deathdate|drivers|passport|patient|name_last|name_first|lat|lon)$/i;

const isSensitive = (name: string): boolean => {
  const plain = name
    .trim()
    .replaceAll(/^["']|["']$/g, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2');
  return (NAMES.test(plain) || WHOLE.test(plain)) && !OTHERS.test(plain);
};

/** `---+---`, `+-----+-----+`, and the same of line drawing. */
const RULE = /^\s?[+|├┌╞─═-]?[-─═][-─═][-+|─═┼┬┴┤┐├┌┘└╪]*\s*$/;
const RECORD = /^[-─]\[ (?:RECORD|DATENSATZ|ENREGISTREMENT) \d{1,12} \]/;
const ROW_COUNT = /^\(\d{1,12} (?:rows?|Zeilen?)\)/;
const STARS = /^\*{5,40} \d{1,12}\. row \*{5,40}/;

type Mode =
  | { readonly kind: 'none' }
  /** Columns in their order; `bars` where each row has bars, and what separates them. */
  | { readonly kind: 'rows'; readonly sensitive: readonly boolean[]; readonly separator: string; readonly framed: boolean }
  | { readonly kind: 'expanded' };

class ColumnReader implements StructureReader {
  #mode: Mode = { kind: 'none' };
  #before = '';
  /** Of an expanded row that goes on. */
  #sensitive = false;

  line(text: string): Found[] {
    const found = this.#line(text);
    this.#before = text;
    return found;
  }

  #line(text: string): Found[] {
    if (RECORD.test(text) || STARS.test(text)) {
      this.#mode = { kind: 'expanded' };
      return [];
    }
    const isRule = text.length > 2 && RULE.test(text) && /[-─═]/.test(text);
    if (isRule) {
      const bar = this.#before.includes('│') ? '│' : '|';
      const framed = /^\s?[+├┌╞|]/.test(text);
      if (this.#before.includes(bar) || (!RULE.test(this.#before) && isSensitive(this.#before) && this.#before.trim().length < 64)) {
        const sensitive = cells(this.#before, bar, framed).map(({ text: name }) => isSensitive(name));
        // The rule below the last row is followed by the count of rows.
        if (sensitive.some(Boolean)) this.#mode = { kind: 'rows', sensitive, separator: bar, framed };
        else if (this.#mode.kind !== 'rows' || !framed) this.#mode = { kind: 'none' };
      }
      return [];
    }
    switch (this.#mode.kind) {
      case 'rows':
        return this.#row(text, this.#mode);
      case 'expanded':
        return this.#expanded(text);
      default:
        return this.#header(text);
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

  #expanded(text: string): Found[] {
    const bar = /[|│]/.exec(text) ?? /^ *[A-Za-z_][A-Za-z0-9_ ]{0,62}(:) /.exec(text);
    if (!bar) {
      if (text.trim() === '' || /[$#>] ?$/.test(text)) this.#mode = { kind: 'none' };
      return [];
    }
    const at = bar[0].length === 1 ? bar.index : bar[0].length - 2;
    const name = text.slice(0, at);
    // An empty name: the value above goes on (psql marks that with a + at its end).
    if (name.trim() !== '') this.#sensitive = isSensitive(name);
    return this.#sensitive ? spanOf({ text: text.slice(at + 1), at: at + 1 }) : [];
  }

  /** A header of a list with a separator: names alone, one of which says who somebody is. */
  #header(text: string): Found[] {
    if (text.length > 4000 || !NAMES_GATE.test(text)) return [];
    for (const separator of [',', '|', '\t', ';']) {
      if (!text.includes(separator)) continue;
      const names = text.trimEnd().split(separator);
      if (names.length < 2 || !names.every((name) => /^\s{0,8}["']?[A-Za-z][A-Za-z0-9_ ]{0,62}["']?\s{0,40}$/.test(name))) continue;
      const sensitive = names.map(isSensitive);
      if (sensitive.some(Boolean) && (separator !== '|' || !/ \| /.test(text))) this.#mode = { kind: 'rows', sensitive, separator, framed: false };
      return [];
    }
    return [];
  }
}

const NAMES_GATE = /ssn|dob|mrn|birth|name|addr|phone|mail|zip|postal|member|policy|FIRST|LAST|medicare|mbi|passw|secret|street|patient/i;

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
  const bare = framed || /^\s?[|│]/.test(text);
  return bare && parts.length > 2 ? parts.slice(1, -1) : parts;
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
  examples: {
    found: [
      ' id |  last_name  | state \n----+-------------+-------\n  1 | «Diaz»        | MA',
      '-[ RECORD 1 ]\nlast_name | «Diaz»\nstate     | MA',
      'id,ssn,city\n1,«536221847»,Boston',
    ],
    left: [' table_name | host_name | ip_address \n------------+-----------+-----------\n a | b | 10.0.0.1', 'name | status\n1 | 2'],
  },
};
