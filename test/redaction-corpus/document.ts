/** A labelled text: what is somebody's is marked while it is written. */

export interface Gold {
  readonly kind: string;
  /** UTF-16 units of the document's text. */
  readonly start: number;
  readonly end: number;
}

export interface CorpusDocument {
  /** What it looks like: hl7, fhir, psql… */
  readonly form: string;
  readonly text: string;
  readonly gold: readonly Gold[];
  /** What stands beside it in the same field (whose number it is, a line that says BEGIN): to withhold it is neither asked for nor wrong. */
  readonly beside?: readonly { readonly start: number; readonly end: number }[];
}

export class Writing {
  #text = '';
  readonly #gold: Gold[] = [];
  readonly #beside: { start: number; end: number }[] = [];

  /** Text that is nobody's. */
  put(text: string): this {
    this.#text += text;
    return this;
  }

  /** Somebody's: it has to be withheld. Nothing where it is empty. */
  mark(kind: string, value: string): this {
    if (value !== '') this.#gold.push({ kind, start: this.#text.length, end: this.#text.length + value.length });
    this.#text += value;
    return this;
  }

  /** Text in the same field as what is marked. */
  near(text: string): this {
    this.#beside.push({ start: this.#text.length, end: this.#text.length + text.length });
    return this.put(text);
  }

  line(): this {
    return this.put('\n');
  }

  done(form: string): CorpusDocument {
    return { form, text: this.#text, gold: this.#gold, beside: this.#beside };
  }
}
