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
}

export class Writing {
  #text = '';
  readonly #gold: Gold[] = [];

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

  line(): this {
    return this.put('\n');
  }

  done(form: string): CorpusDocument {
    return { form, text: this.#text, gold: this.#gold };
  }
}
