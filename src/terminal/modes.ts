/**
 * What a program has told its terminal about how to behave, as far as an emulator's own state does not say it: modes, what
 * keys send, titles and colours. Followed from the output, so that a terminal which was emptied can be told again.
 */
import { Sequences, type ControlSequence, type StringKind } from './sequences.ts';

/** A program that sets more different modes or colours than this has no use for them. */
const mostKept = 300;
/** Private modes that say which screen is shown, move the cursor or change the size (DECCOLM, DECOM, DECLRMM, update hold): not told again. */
const notKept = new Set([3, 6, 47, 66, 69, 1047, 1048, 1049, 2026]);
const screens = new Set([47, 1047, 1049]);
/** kitty: deeper stacks lose their oldest entry. */
const deepest = 16;

interface Charsets {
  /** Designations of G0 to G3 as they were given: `(B`, `)0`. */
  readonly sets: readonly string[];
  /** Which of them GL is. */
  readonly shift: number;
}

const plainCharsets: Charsets = { sets: ['(B', ')B', '*B', '+B'], shift: 0 };
const shifts = ['\x0f', '\x0e', '\x1bn', '\x1bo'];
const designators = '()*+';

/** Finals of the control sequences that say something here. */
const telling = new Set(['h', 'l', 'm', 'p', 'q', 's', 'u']);

/** OSC numbers that set a colour; with `?` they ask for it. 104 and up set it back. */
const colours = new Set(['10', '11', '12', '17', '19']);

export class Modes {
  readonly #sequences: Sequences;
  #private = new Map<number, boolean>();
  #ansi = new Map<number, boolean>();
  #titles = new Map<string, string>();
  #colours = new Map<string, string>();
  #keypad = false;
  #cursorStyle = '';
  #modifyOtherKeys = '';
  #alternate = false;
  /** kitty's flags, a stack for each screen. */
  #kitty: [number[], number[]] = [[0], [0]];
  #charsets: Charsets = plainCharsets;
  #saved: [Charsets, Charsets] = [plainCharsets, plainCharsets];

  constructor() {
    this.#sequences = new Sequences({
      control: (byte) => {
        if (byte === 0x0e) this.#charsets = { ...this.#charsets, shift: 1 };
        else if (byte === 0x0f) this.#charsets = { ...this.#charsets, shift: 0 };
      },
      escape: (intermediates, final) => this.#escape(intermediates, final),
      csi: (sequence) => this.#csi(sequence),
      string: (kind, text) => this.#string(kind, text),
    });
  }

  feed(bytes: Uint8Array): void {
    this.#sequences.feed(bytes);
  }

  /** Character sets in force, for after the screen's content. */
  charsets(): string {
    return tellCharsets(this.#charsets);
  }

  /** Those that were saved with the cursor (DECSC) of a screen. */
  savedCharsets(screen: 'normal' | 'alternate'): string {
    return tellCharsets(this.#saved[screen === 'normal' ? 0 : 1]);
  }

  /** Back to the charsets that a blank terminal has. */
  static readonly plainCharsets = tellCharsets(plainCharsets);

  /** What keys send on a screen: told while that screen is shown. */
  keyboard(screen: 'normal' | 'alternate'): string {
    const [first = 0, ...pushed] = this.#kitty[screen === 'normal' ? 0 : 1];
    return (first === 0 ? '' : `\x1b[=${first}u`) + pushed.map((flags) => `\x1b[>${flags}u`).join('');
  }

  /** All else. It moves no cursor and prints nothing. */
  rest(): string {
    const out: string[] = [];
    for (const text of this.#titles.values()) out.push(`\x1b]${text}\x1b\\`);
    for (const text of this.#colours.values()) out.push(`\x1b]${text}\x1b\\`);
    for (const [mode, on] of this.#ansi) out.push(`\x1b[${mode}${on ? 'h' : 'l'}`);
    for (const [mode, on] of this.#private) out.push(`\x1b[?${mode}${on ? 'h' : 'l'}`);
    out.push(this.#keypad ? '\x1b=' : '\x1b>');
    if (this.#cursorStyle !== '') out.push(`\x1b[${this.#cursorStyle} q`);
    if (this.#modifyOtherKeys !== '') out.push(`\x1b[>${this.#modifyOtherKeys}m`);
    return out.join('');
  }

  #escape(intermediates: string, final: string): void {
    const which = intermediates.length === 1 ? designators.indexOf(intermediates) : -1;
    if (which >= 0) {
      const sets = this.#charsets.sets.map((set, i) => (i === which ? intermediates + final : set));
      this.#charsets = { ...this.#charsets, sets };
    }
    if (intermediates !== '') return;
    const screen = this.#alternate ? 1 : 0;
    switch (final) {
      case 'c':
        this.#reset();
        return;
      case '=':
      case '>':
        this.#keypad = final === '=';
        return;
      case 'n':
      case 'o':
        this.#charsets = { ...this.#charsets, shift: final === 'n' ? 2 : 3 };
        return;
      case '7':
        this.#saved[screen] = this.#charsets;
        return;
      case '8':
        this.#charsets = this.#saved[screen];
    }
  }

  #csi({ prefix, parameters, intermediates, final }: ControlSequence): void {
    // A flood moves the cursor and colours (SGR is in the emulator's cells) a hundred thousand times a second.
    if (!telling.has(final) || (final === 'm' && prefix === '')) return;
    const numbers = parameters.split(';').map(Number);
    const on = final === 'h';
    if (intermediates === '' && (on || final === 'l')) {
      if (prefix === '?') for (const mode of numbers) this.#mode(mode, on);
      else if (prefix === '') for (const mode of numbers) if (mode === 4 || mode === 20) this.#ansi.set(mode, on);
    } else if (intermediates === ' ' && final === 'q' && prefix === '') this.#cursorStyle = parameters;
    else if (intermediates === '!' && final === 'p') this.#softReset();
    else if (intermediates === '' && final === 'u') this.#kittyKeys(prefix, numbers);
    else if (intermediates === '' && final === 's' && prefix === '' && parameters === '') this.#saved[this.#alternate ? 1 : 0] = this.#charsets;
    else if (prefix === '>' && final === 'm' && intermediates === '') this.#modifyOtherKeys = parameters;
  }

  #mode(mode: number, on: boolean): void {
    if (mode === 1048 || mode === 1049) {
      const screen = this.#alternate ? 1 : 0;
      if (on && !(mode === 1049 && this.#alternate)) this.#saved[screen] = this.#charsets;
      else if (!on) this.#charsets = this.#saved[0];
    }
    if (screens.has(mode)) this.#alternate = on;
    // DECNKM is the same switch as ESC = and ESC >.
    if (mode === 66) this.#keypad = on;
    if (Number.isInteger(mode) && !notKept.has(mode) && (this.#private.has(mode) || this.#private.size < mostKept)) this.#private.set(mode, on);
  }

  #kittyKeys(prefix: string, [first = 0, second = 0]: readonly number[]): void {
    const stack = this.#kitty[this.#alternate ? 1 : 0];
    const top = stack.length - 1;
    if (prefix === '>') {
      stack.push(first);
      if (stack.length > deepest) stack.shift();
    } else if (prefix === '<') {
      stack.splice(Math.max(0, stack.length - Math.max(1, first)));
      if (stack.length === 0) stack.push(0);
    } else if (prefix === '=') {
      const before = stack[top] ?? 0;
      stack[top] = second === 2 ? before | first : second === 3 ? before & ~first : first;
    }
  }

  #string(kind: StringKind, text: string): void {
    if (kind !== 'OSC') return;
    const [, number = '', value = ''] = /^(\d+)(?:;(.*))?$/s.exec(text) ?? [];
    if (number === '0' || number === '1' || number === '2' || number === '7') {
      if (number === '0') this.#titles.clear();
      this.#titles.set(number, text);
    } else if (colours.has(number) && value !== '?') this.#colour(number, text);
    else if (number === '4' && !value.includes('?')) this.#colour(`4;${value.split(';')[0]}`, text);
    else if (number === '104')
      for (const key of [...this.#colours.keys()])
        if (key.startsWith('4;') && (value === '' || value.split(';').includes(key.slice(2)))) this.#colours.delete(key);
    if (/^11\d$/.test(number)) this.#colours.delete(String(Number(number) - 100));
  }

  #colour(key: string, text: string): void {
    if (this.#colours.has(key) || this.#colours.size < mostKept) this.#colours.set(key, text);
  }

  /** DECSTR: what a screen needs for plain text. */
  #softReset(): void {
    for (const mode of [1, 6, 45]) this.#private.delete(mode);
    this.#private.set(7, true);
    this.#private.set(25, true);
    this.#ansi.set(4, false);
    this.#keypad = false;
    this.#charsets = plainCharsets;
    this.#saved[this.#alternate ? 1 : 0] = plainCharsets;
  }

  /** RIS. */
  #reset(): void {
    this.#private.clear();
    this.#ansi.clear();
    this.#titles.clear();
    this.#colours.clear();
    this.#keypad = this.#alternate = false;
    this.#cursorStyle = this.#modifyOtherKeys = '';
    this.#kitty = [[0], [0]];
    this.#charsets = plainCharsets;
    this.#saved = [plainCharsets, plainCharsets];
  }
}

function tellCharsets({ sets, shift }: Charsets): string {
  return sets.map((set) => `\x1b${set}`).join('') + shifts[shift]!;
}
