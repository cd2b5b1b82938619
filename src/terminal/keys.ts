/**
 * What comes from a terminal's keyboard line: what a person did, and what the terminal sends by itself. Only the first keeps
 * a screen open, so whatever is not known as a key is none: a program that asks its terminal for the cursor's place every
 * minute would hold the lock off for ever.
 */
import type { Activity } from '../types/words.ts';
import { Sequences, type ControlSequence } from './sequences.ts';

/** Presses of ctrl-l in this time (ms), and nothing between them, lock. */
export const hotkey = { presses: 3, withinMs: 1500 } as const;

const FORM_FEED = 0x0c;
/** CSI functions that only keys send: arrows, Home, End, F1 to F4, Shift-Tab, keypad; `~` are the numbered keys and pastes. */
const keyFinals = new Set('ABCDEFHPQSZ~');
/** SS3 (ESC O) and a letter: cursor keys, F1 to F4, keypad. */
const ss3 = 'O';
/** Bytes after `CSI M`: button, column, row, each with an offset that makes it printable. */
const mouseReport = 3;
const mouseOffset = 32;
/** Modifiers of the kitty protocol and of modifyOtherKeys: 1 + a sum of these. Locks of the keyboard do not count. */
const CTRL = 4;
const SHIFT = 1;
const CAPS_LOCK = 64;
const NUM_LOCK = 128;

/** From 1. */
export interface Position {
  readonly row: number;
  readonly column: number;
}

export class KeyboardLine {
  readonly #now: () => number;
  readonly #typed: (bytes: Uint8Array) => void;
  readonly #sequences: Sequences;
  #activity: Activity | undefined;
  #presses: number[] = [];
  #locks = false;
  #positions: Position[] = [];
  /** A sequence of more than one token: ESC O is followed by one letter; an X10 mouse report by three bytes. */
  #letters = 0;
  #report = 0;

  /**
   * @param now milliseconds of a clock that never runs back.
   * @param typed gets what belongs into a line of text: characters and C0, and nothing of keys and reports that are sequences.
   */
  constructor(now: () => number, typed: (bytes: Uint8Array) => void = () => {}) {
    this.#now = now;
    this.#typed = typed;
    this.#sequences = new Sequences({
      text: (bytes) => this.#text(bytes),
      control: (byte) => this.#control(byte),
      escape: (intermediates, final) => this.#escape(intermediates, final),
      csi: (sequence) => this.#csi(sequence),
    });
  }

  /**
   * @param bytes as they were read.
   * @returns the strongest thing a person did in them, whether it was the hotkey, and where the terminal says its cursor is, each time it does.
   */
  read(bytes: Uint8Array): { readonly activity: Activity | undefined; readonly hotkey: boolean; readonly positions: readonly Position[] } {
    this.#activity = undefined;
    this.#positions = [];
    this.#locks = false;
    this.#sequences.feed(bytes);
    return { activity: this.#activity, hotkey: this.#locks, positions: this.#positions };
  }

  #did(activity: Activity): void {
    if (activity === 'key' || this.#activity === undefined || this.#activity === 'move') this.#activity = activity;
  }

  #key(): void {
    this.#presses = [];
    this.#did('key');
  }

  #press(): void {
    const now = this.#now();
    this.#did('key');
    this.#presses = [...this.#presses.filter((at) => now - at <= hotkey.withinMs), now];
    if (this.#presses.length < hotkey.presses) return;
    this.#presses = [];
    this.#locks = true;
  }

  #text(bytes: Uint8Array): void {
    let at = 0;
    if (this.#report > 0) {
      if (this.#report === mouseReport) this.#mouse(bytes[0]! - mouseOffset);
      at = Math.min(this.#report, bytes.length);
      this.#report -= at;
    }
    const letters = Math.min(this.#letters, bytes.length - at);
    this.#letters -= letters;
    at += letters;
    if (at === bytes.length) return;
    this.#key();
    this.#typed(bytes.subarray(at));
  }

  #control(byte: number): void {
    if (byte === FORM_FEED) this.#press();
    else this.#key();
    this.#typed(Uint8Array.of(byte));
  }

  /** ESC and a character: Alt and a key. */
  #escape(intermediates: string, final: string): void {
    if (intermediates === '' && final === '\\') return;
    this.#key();
    this.#letters = intermediates === '' && final === ss3 ? 1 : 0;
  }

  #csi({ prefix, parameters, intermediates, final }: ControlSequence): void {
    if (intermediates !== '') return;
    if (prefix === '<' && (final === 'M' || final === 'm')) return this.#mouse(Number(parameters.split(';')[0]));
    if (prefix !== '') return;
    const numbers = parameters.split(';').map((part) => part.split(':').map(Number));
    if (final === 'M') {
      // X10: three bytes follow, the button first. URXVT: they are parameters.
      if (parameters === '') this.#report = mouseReport;
      else this.#mouse((numbers[0]?.[0] ?? 0) - mouseOffset);
      return;
    }
    if (final === 'R') {
      // A report of the cursor, or F3 with a modifier, which a report from the first line looks like.
      this.#positions.push({ row: numbers[0]?.[0] ?? 0, column: numbers[1]?.[0] ?? 0 });
      return;
    }
    if (final === 'u') return this.#unicodeKey(numbers[0]?.[0], numbers[1]);
    if (final === '~' && numbers[0]?.[0] === 27 && numbers.length === 3) return this.#unicodeKey(numbers[2]?.[0], numbers[1]);
    if (keyFinals.has(final)) this.#key();
  }

  /** kitty's `CSI key ; modifiers : event u`; of the events 3 is a release. */
  #unicodeKey(key: number | undefined, modifiers: readonly number[] | undefined): void {
    if (modifiers?.[1] === 3) return;
    const held = Math.max(0, (modifiers?.[0] || 1) - 1) & ~(SHIFT | CAPS_LOCK | NUM_LOCK);
    if (held === CTRL && (key === 108 || key === 76)) this.#press();
    else this.#key();
  }

  /** Of a button's code 32 says that the pointer only moved; 3 with it that no button is held. */
  #mouse(code: number): void {
    if ((code & 32) !== 0 && (code & 3) === 3) this.#did('move');
    else {
      this.#presses = [];
      this.#did('pointer');
    }
  }
}
