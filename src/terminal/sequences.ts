/**
 * Cuts terminal output into text and control functions: the states of Williams' parser
 * (https://vt100.net/emu/dec_ansi_parser) for UTF-8, where the controls C1 are the two bytes of U+0080 to U+009F (ECMA-48,
 * section 5). It knows no meanings: those who use it do.
 */

/** A longer control sequence is reported as unknown; real ones have some thirty bytes. */
const maxSequence = 256;
/** Of a control string this much is kept: titles and colours are shorter, and clipboards and pictures nobody here needs. */
const maxString = 2048;

const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;
const DEL = 0x7f;
const C1_LEAD = 0xc2;

export interface ControlSequence {
  /** One of `<=>?`, or nothing. */
  readonly prefix: string;
  /** Digits, `;` and `:`. */
  readonly parameters: string;
  readonly intermediates: string;
  readonly final: string;
}

export type StringKind = 'OSC' | 'DCS' | 'SOS' | 'PM' | 'APC';

export interface SequenceHandler {
  /** Bytes without C0, DEL and the controls C1: UTF-8, or what is taken for it. Valid during the call only. */
  text?(bytes: Uint8Array): void;
  /** C0 except ESC, and DEL. Inside a control sequence it acts at once, so it comes before the sequence. */
  control?(byte: number): void;
  /** ESC, intermediates, a final byte; a control C1 in its seven-bit form. */
  escape?(intermediates: string, final: string): void;
  csi?(sequence: ControlSequence): void;
  /** A control string that has ended, by BEL or ST; `text` (Latin-1) is cut at maxString. */
  string?(kind: StringKind, text: string): void;
  /** A control function that is too long, is broken off, or has a byte that it cannot have. */
  broken?(): void;
}

type State = 'ground' | 'escape' | 'csi' | 'string';

const stringKinds: Readonly<Record<string, StringKind>> = { ']': 'OSC', P: 'DCS', X: 'SOS', '^': 'PM', _: 'APC' };

export class Sequences {
  readonly #handler: SequenceHandler;
  #state: State = 'ground';
  /** Behind C2, which may begin a control C1 or a character. */
  #leading = false;
  /** Of the sequence: its bytes after ESC or CSI. */
  #held = '';
  #kind: StringKind = 'OSC';
  #position = 0;

  constructor(handler: SequenceHandler) {
    this.#handler = handler;
  }

  /** Nothing has begun that the next byte could belong to. */
  get ground(): boolean {
    return this.#state === 'ground' && !this.#leading;
  }

  /**
   * For a handler, where what it is told of stands in the bytes that are fed: the first byte of a text, the last one of anything else. It is -1 for a text
   * whose first byte came with what was fed before.
   */
  get position(): number {
    return this.#position;
  }

  feed(bytes: Uint8Array): void {
    const { length } = bytes;
    let at = 0;
    while (at < length) {
      if (!this.#leading) at = this.#run(bytes, at);
      if (at >= length) break;
      this.#position = at;
      this.#byte(bytes[at++]!);
    }
  }

  /** What needs no look at each byte. @returns where it ends. */
  #run(bytes: Uint8Array, from: number): number {
    if (this.#state === 'ground') return this.#text(bytes, from);
    return this.#state === 'csi' ? this.#parameters(bytes, from) : from;
  }

  /** A run of text. @returns where it ends: at a control, or at what may be one. */
  #text(bytes: Uint8Array, from: number): number {
    let at = from;
    for (let byte = bytes[at]; byte !== undefined && byte >= 0x20 && byte !== DEL && byte !== C1_LEAD; byte = bytes[++at]);
    this.#position = from;
    if (at > from) this.#handler.text?.(bytes.subarray(from, at));
    return at;
  }

  /** A run of what stands between CSI and its final byte. @returns where it ends. */
  #parameters(bytes: Uint8Array, from: number): number {
    let at = from;
    for (let byte = bytes[at]; byte !== undefined && byte >= 0x20 && byte < 0x40; byte = bytes[++at]) this.#hold(byte);
    return at;
  }

  #hold(byte: number): void {
    if (this.#held.length <= maxSequence) this.#held += String.fromCharCode(byte);
  }

  #byte(byte: number): void {
    if (this.#leading) {
      this.#leading = false;
      if (byte >= 0x80 && byte < 0xa0) return this.#second(byte);
      if (this.#state === 'string') this.#keep(C1_LEAD);
      else if (this.#state === 'ground') {
        this.#position -= 1;
        if (byte >= 0x80 && byte < 0xc0) return this.#handler.text?.(Uint8Array.of(C1_LEAD, byte));
        this.#handler.text?.(Uint8Array.of(C1_LEAD));
        this.#position += 1;
      } else this.#break();
    }
    if (byte === C1_LEAD) {
      this.#leading = true;
      return;
    }
    if (byte === ESC) return this.#begin();
    switch (this.#state) {
      case 'ground':
        if (byte < 0x20 || byte === DEL) this.#handler.control?.(byte);
        else this.#handler.text?.(Uint8Array.of(byte));
        return;
      case 'string':
        if (byte === BEL && this.#kind === 'OSC') this.#endString();
        else if (byte === CAN || byte === SUB) this.#break();
        else this.#keep(byte);
        return;
      default:
        this.#sequence(byte);
    }
  }

  /** A control C1: as ESC and its seven-bit form. It ends whatever it comes in, a control string too, as in xterm. */
  #second(byte: number): void {
    this.#begin();
    this.#sequence(byte - 0x40);
  }

  #begin(): void {
    if (this.#state === 'string') this.#endString();
    else if (this.#state !== 'ground') this.#handler.broken?.();
    this.#state = 'escape';
    this.#held = '';
  }

  #break(): void {
    this.#state = 'ground';
    this.#handler.broken?.();
  }

  #keep(byte: number): void {
    if (this.#held.length < maxString) this.#held += String.fromCharCode(byte);
  }

  #endString(): void {
    this.#state = 'ground';
    this.#handler.string?.(this.#kind, this.#held);
  }

  /** A byte of an escape or control sequence. */
  #sequence(byte: number): void {
    if (byte === CAN || byte === SUB || byte >= 0x80) return this.#break();
    if (byte < 0x20) return this.#handler.control?.(byte);
    if (byte === DEL) return;
    if (byte < (this.#state === 'csi' ? 0x40 : 0x30)) return this.#hold(byte);
    const letter = String.fromCharCode(byte);
    if (this.#state === 'csi') {
      this.#state = 'ground';
      const sequence = cut(this.#held, letter);
      return sequence ? this.#handler.csi?.(sequence) : this.#handler.broken?.();
    }
    const kind = this.#held === '' ? stringKinds[letter] : undefined;
    if (kind) {
      this.#state = 'string';
      this.#kind = kind;
    } else if (this.#held === '' && letter === '[') this.#state = 'csi';
    else {
      this.#state = 'ground';
      if (this.#held.length > maxSequence) this.#handler.broken?.();
      else this.#handler.escape?.(this.#held, letter);
      return;
    }
    this.#held = '';
  }
}

/** By hand: a coloured flood has a hundred thousand of these in a second, and the page looks at each. */
function cut(held: string, final: string): ControlSequence | undefined {
  const { length } = held;
  if (length > maxSequence) return undefined;
  if (length === 0) return { prefix: '', parameters: '', intermediates: '', final };
  const first = held.charCodeAt(0);
  const start = first >= 0x3c && first <= 0x3f ? 1 : 0;
  let middle = start;
  while (middle < length && isParameter(held.charCodeAt(middle))) middle++;
  let end = middle;
  while (end < length && held.charCodeAt(end) < 0x30) end++;
  if (end < length) return undefined;
  return { prefix: held.slice(0, start), parameters: held.slice(start, middle), intermediates: held.slice(middle), final };
}

/** A digit, `:` or `;`. */
const isParameter = (code: number): boolean => code >= 0x30 && code <= 0x3b;
