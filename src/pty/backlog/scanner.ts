/**
 * Follows a terminal's output as far as is needed to say which of it nobody can see any more once enough has followed. It
 * is no emulator: it knows where one control function ends and the next begins (the states of Williams' parser,
 * https://vt100.net/emu/dec_ansi_parser, as xterm.js has them), which of them leave something behind that later lines do not
 * push out, and how many lines have surely gone from the screen into the scrollback. When in doubt it says less.
 */
import { maxAttributeBytes, type Carry } from './carry.ts';

const LF = 0x0a;
const CR = 0x0d;
const ESC = 0x1b;
const CAN = 0x18;
const SUB = 0x1a;
const BEL = 0x07;
const DEL = 0x7f;
/** The final byte of a full reset. */
const RIS = 0x63;
/** In UTF-8, the first of the two bytes of U+0080 to U+00BF. The first half of those are the controls C1. */
const C1_LEAD = 0xc2;

/** Between control functions; in one; in a string of one; or where this scanner does not know, until a full reset. */
const GROUND = 0;
const ESCAPE = 1;
const ESCAPE_INTERMEDIATE = 2;
const CONTROL = 3;
const OSC = 4;
const STRING = 5;
/** Behind the first of two bytes that may be a control C1. */
const LEADING = 6;
const LOST = 7;

/** What a byte is while in the ground state. */
const TEXT = 0;
const LINE_FEED = 1;
const RETURN = 2;
const BEGIN = 3;
const LEAD = 4;
const BACK = 5;
const BELL = 6;
const OTHER = 7;
const classes = new Uint8Array(256);
classes.fill(OTHER, 0, 0x20);
classes[DEL] = OTHER;
classes[LF] = LINE_FEED;
classes[CR] = RETURN;
classes[ESC] = BEGIN;
classes[C1_LEAD] = LEAD;
classes[0x08] = BACK;
classes[BEL] = BELL;
// Tabs use tab stops and do not set them; vertical tab and form feed are line feeds, which need not be counted.
for (const byte of [0x09, 0x0b, 0x0c]) classes[byte] = TEXT;

const codes = (characters: string): ReadonlySet<number> => new Set([...characters].map((character) => character.charCodeAt(0)));
/** CSI functions that stay in their line: ICH, CUF, CUB, CHA, CHT, EL, DCH, ECH, CBT, HPA, HPR, REP. */
const inLine = codes('@CDGIKPXZ`ab');
/** CSI functions that move over lines or change them: CUU, CUD, CNL, CPL, CUP, ED, IL, DL, SU, SD, VPA, VPR, HVP. */
const overLines = codes('ABEFHJLMSTdef');

/** A longer control sequence is not looked into. */
const maxSequence = 64;

export class OutputScanner {
  /** Rows of the terminal, or more. */
  rows: number;
  /** Lines that have surely gone into the scrollback, in all: a lower bound, counted only while it is certain. */
  lines = 0;
  #state = GROUND;
  #last = 0;
  #alternate = false;
  /** A scroll region was set in the normal screen: lines leave it that do not go into the scrollback. */
  #region = false;
  /** A hyperlink (OSC 8) is open: the terminal counts the lines that it is on. */
  #link = false;
  /** Of an OSC: its first bytes, how many semicolons it has, and whether something stands behind the last one. */
  #command = '';
  #semicolons = 0;
  #target = false;
  /** Line ends since something else than text has moved the cursor. */
  #run = 0;
  readonly #sequence = new Uint8Array(maxSequence);
  #sequenceBytes = 0;
  /** Of the present block. */
  #stops = false;
  #saves = false;
  #restorable = false;
  #attributes = new Uint8Array(256);
  #attributeBytes = 0;
  #resets = false;
  #charset = 0;
  #cursor = 0;
  #bell = false;

  constructor(rows: number) {
    this.rows = rows;
  }

  /** Whether output could be left out from here on, or up to here: behind a line's end, on the normal screen, with no scroll region. */
  get safe(): boolean {
    return this.#last === LF && this.#state === GROUND && !this.#alternate && !this.#region && !this.#link;
  }

  /** The block has done something that cannot be left out or carried over. */
  get stops(): boolean {
    return this.#stops;
  }

  /** The block has saved the cursor, for a later restore to use. */
  get saves(): boolean {
    return this.#saves;
  }

  /** What else holds after the block. */
  get carry(): Carry {
    return {
      attributes: this.#attributes.slice(0, this.#attributeBytes),
      resets: this.#resets,
      charset: this.#charset,
      cursor: this.#cursor,
      bell: this.#bell,
    };
  }

  /** A new block begins. */
  begin(): void {
    this.#stops = this.#saves = this.#restorable = this.#resets = this.#bell = false;
    this.#attributeBytes = this.#charset = this.#cursor = 0;
  }

  /** Follows bytes[from, …) up to the first safe place at or behind `enough`, or to their end. @returns where it has stopped. */
  scan(bytes: Uint8Array, from: number, enough: number): number {
    const { length } = bytes;
    let at = from;
    while (at < length) {
      if (this.#state !== GROUND) {
        at = this.#control(bytes, at);
        continue;
      }
      const byte = bytes[at++]!;
      const kind = classes[byte]!;
      if (kind === TEXT) {
        // The way of nearly every byte.
        while (at < length && classes[bytes[at]!] === TEXT) at++;
        this.#last = bytes[at - 1]!;
        this.#scrolls();
        continue;
      }
      const before = this.#last;
      this.#last = byte;
      if (kind === LINE_FEED) {
        this.#scrolls();
        if (this.#alternate || this.#region) continue;
        if (before === CR) this.#line();
        if (at >= enough) return at;
      } else if (kind === BEGIN) this.#state = ESCAPE;
      else if (kind === LEAD) this.#state = LEADING;
      else if (kind === BACK) this.#run = 0;
      else if (kind === BELL) this.#bell = true;
      else if (kind === OTHER) this.#stops = true;
    }
    return at;
  }

  /**
   * One line end. After two screens of nothing but lines the screen holds only these, wherever the cursor was and whatever
   * was on it: from then on each pushes one of them out.
   */
  #line(): void {
    if (++this.#run > 2 * this.rows) this.lines++;
  }

  /** Lines may have been scrolled: a cursor that was saved before is restored to a place that depends on how many there are. */
  #scrolls(): void {
    if (!this.#alternate) this.#restorable = false;
  }

  #lose(): void {
    this.#stops = true;
    this.#run = 0;
    this.#state = LOST;
  }

  /** In a control function, from bytes[at]. @returns where it goes on. */
  #control(bytes: Uint8Array, at: number): number {
    const byte = bytes[at]!;
    const second = byte >= 0x80 && byte < 0xa0;
    if (this.#state === LEADING && !second) {
      this.#state = GROUND;
      return at;
    }
    const before = this.#last;
    this.#last = byte;
    if (this.#state === LOST) {
      // RIS: whatever the terminal was in, it begins anew.
      if (before === ESC && byte === RIS) this.#reset();
    } else if (second && before === C1_LEAD) this.#lose();
    else if (byte === ESC) {
      if (this.#state === OSC) this.#endCommand();
      this.#state = ESCAPE;
    } else if (this.#state === OSC) {
      if (byte !== CAN && byte !== SUB && byte !== BEL) this.#inCommand(byte);
      else {
        this.#endCommand();
        this.#state = GROUND;
      }
    } else if (this.#state === STRING) {
      if (byte === CAN || byte === SUB) this.#state = GROUND;
    } else this.#function(byte);
    return at + 1;
  }

  #inCommand(byte: number): void {
    if (this.#command.length < 2) this.#command += String.fromCharCode(byte);
    if (byte === 0x3b) this.#semicolons++;
    else if (this.#semicolons > 1) this.#target = true;
  }

  /** `OSC 8 ; parameters ; target` opens a link, and closes it where the target is empty. */
  #endCommand(): void {
    if (this.#command === '8;') this.#link = this.#target;
  }

  /** A byte of an escape or control sequence. */
  #function(byte: number): void {
    if (byte === CAN || byte === SUB) this.#state = GROUND;
    else if (byte < 0x20) {
      // Acts at once, in the middle of the sequence.
      this.#stops = true;
      this.#run = 0;
    } else if (byte >= 0x80) this.#lose();
    else if (byte === DEL) return;
    else if (this.#state === CONTROL) {
      if (byte < 0x40) {
        if (this.#sequenceBytes < maxSequence) this.#sequence[this.#sequenceBytes] = byte;
        this.#sequenceBytes++;
        return;
      }
      this.#state = GROUND;
      this.#csi(byte);
    } else if (byte < 0x30) {
      if (this.#state === ESCAPE) this.#sequenceBytes = 0;
      if (this.#sequenceBytes < maxSequence) this.#sequence[this.#sequenceBytes] = byte;
      this.#sequenceBytes++;
      this.#state = ESCAPE_INTERMEDIATE;
    } else if (this.#state === ESCAPE_INTERMEDIATE) {
      this.#state = GROUND;
      this.#designate(byte);
    } else this.#escape(byte);
  }

  /** ESC and a final byte. */
  #escape(final: number): void {
    this.#state = GROUND;
    switch (final) {
      case 0x5b: // [ CSI
        this.#sequenceBytes = 0;
        this.#state = CONTROL;
        return;
      case 0x5d: // ] OSC
        this.#stops = true;
        this.#state = OSC;
        this.#command = '';
        this.#semicolons = 0;
        this.#target = false;
        return;
      case 0x50: // P DCS, X SOS, ^ PM, _ APC
      case 0x58:
      case 0x5e:
      case 0x5f:
        this.#stops = true;
        this.#state = STRING;
        return;
      case RIS:
        return this.#reset();
      case 0x37: // 7 DECSC
        return this.#save();
      case 0x38: // 8 DECRC
        return this.#restore();
      case 0x44: // D IND and E NEL are line feeds.
      case 0x45:
        return this.#scrolls();
      case 0x4d: // M RI
        this.#run = 0;
        return;
      default:
        this.#stops = true;
    }
  }

  /** ESC, intermediate bytes and a final byte. Only `ESC ( B` and `ESC ( 0`, which colour libraries print, are known. */
  #designate(final: number): void {
    if (this.#sequenceBytes !== 1 || this.#sequence[0] !== 0x28 || (final !== 0x42 && final !== 0x30)) this.#stops = true;
    else {
      this.#charset = final;
      this.#restorable = false;
    }
  }

  #csi(final: number): void {
    const sequence = this.#sequence;
    const length = this.#sequenceBytes;
    const prefix = length > 0 && sequence[0] === 0x3f;
    let plain = true;
    for (let i = prefix ? 1 : 0; plain && i < Math.min(length, maxSequence); i++) plain = sequence[i]! >= 0x30 && sequence[i]! <= 0x3b;
    if (length > maxSequence) this.#lose();
    else if (!plain) {
      this.#stops = true;
      this.#run = 0;
    } else if (prefix) this.#mode(final, String.fromCharCode(...sequence.subarray(1, length)));
    else if (final === 0x6d) this.#attribute();
    else if (inLine.has(final)) this.#scrolls();
    else if (overLines.has(final)) this.#run = 0;
    else if (final === 0x72) this.#setRegion();
    else if (final === 0x73) this.#save();
    else if (final === 0x75) this.#restore();
    else {
      this.#stops = true;
      this.#run = 0;
    }
  }

  /** DECSET and DECRST. */
  #mode(final: number, modes: string): void {
    const on = final === 0x68;
    this.#run = 0;
    if (!on && final !== 0x6c) this.#stops = true;
    else if (modes === '25') this.#cursor = final;
    else if (modes === '1049' && on) {
      if (this.#alternate) this.#stops = true;
      else this.#save();
      this.#alternate = true;
    } else if (modes === '1049') {
      this.#alternate = false;
      this.#restore();
    } else if (modes === '47' || modes === '1047') this.#alternate = on;
    else if (/(?:^|[;:])0*(?:47|1047|1049)(?:[;:]|$)/.test(modes)) this.#lose();
    else this.#stops = true;
  }

  /** DECSTBM. Only without parameters is it certain that the region is the whole screen. */
  #setRegion(): void {
    this.#run = 0;
    if (!this.#alternate) this.#region = this.#sequenceBytes > 0;
  }

  #save(): void {
    if (this.#alternate) this.#stops = true;
    else this.#saves = this.#restorable = true;
  }

  /** Goes back to what was saved in this block, with the same attributes and lines: that leaves nothing behind but a place. */
  #restore(): void {
    this.#run = 0;
    if (this.#alternate || !this.#restorable) this.#stops = true;
  }

  #reset(): void {
    this.#state = GROUND;
    this.#stops = true;
    this.#alternate = this.#region = this.#link = false;
    this.#run = 0;
  }

  /** SGR. */
  #attribute(): void {
    this.#restorable = false;
    const sequence = this.#sequence;
    const length = this.#sequenceBytes;
    let first = 0;
    while (first < length && sequence[first] === 0x30) first++;
    if (first === length || sequence[first] === 0x3b) {
      this.#resets = true;
      this.#attributeBytes = 0;
    }
    const wanted = this.#attributeBytes + length + 3;
    if (wanted > maxAttributeBytes) {
      this.#stops = true;
      return;
    }
    if (wanted > this.#attributes.length) {
      const larger = new Uint8Array(Math.min(maxAttributeBytes, 2 * wanted));
      larger.set(this.#attributes);
      this.#attributes = larger;
    }
    const out = this.#attributes;
    let at = this.#attributeBytes;
    out[at++] = ESC;
    out[at++] = 0x5b;
    for (let i = 0; i < length; i++) out[at++] = sequence[i]!;
    out[at++] = 0x6d;
    this.#attributeBytes = at;
  }
}
