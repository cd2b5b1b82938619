/**
 * What a replay may do to the terminal that it plays in: show. Recorded output is not trusted: it may ask the terminal to
 * write to the clipboard, to change its title, to type an answer into the shell, or to send keys and the mouse in another way
 * from now on. So only what is listed here goes through, written anew from what was understood; everything else, and whatever
 * is broken, is left out. Sources: ECMA-48; xterm's ctlseqs.
 */
import { Sequences, type ControlSequence } from './sequences.ts';

/** BEL, BS, HT, LF, VT, FF, CR, SO, SI. Not ENQ, which is answered. */
const controls = new Set([0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f]);
/** DECSC, DECRC, IND, NEL, RI, and the locking shifts 2 and 3. */
const escapes = new Set(['7', '8', 'D', 'E', 'M', 'n', 'o']);
/** US ASCII, UK and line drawing, into G0 to G3. */
const charsets = /^[()*+]$/;
const charsetFinals = new Set(['0', 'A', 'B']);
/** CSI without prefix and intermediates: ICH to ECH, SU, CBT, HPA, HPR, REP, VPA, VPR, HVP, SGR, DECSTBM, save and restore. */
const finals = new Set('@ABCDEFGHIJKLMPSTXZ`abdefmrsu');
/**
 * DECSCNM, DECOM, DECAWM, visible cursor, alternate screens, saved cursor, update hold. None makes a terminal send. The cursor's
 * shape and blinking are left out: nothing puts them back in every terminal as they were found.
 */
const modes = new Set([5, 6, 7, 25, 47, 1047, 1048, 1049, 2026]);
/** What these are in a terminal that nobody has touched. */
const usual = new Map([...modes].map((mode) => [mode, mode === 7 || mode === 25]));
const alternates = [1049, 1047, 47];

const REPLACEMENT = '\ufffd';

export class ReplayFilter {
  readonly #unicode: boolean;
  #sequences: Sequences;
  #decoder = new TextDecoder();
  #out: string[] = [];
  #modes = new Map<number, boolean>();
  #touched = { attributes: false, region: false, insert: false, charset: false };

  /** @param unicode false: the terminal does not read UTF-8, so the second half of a character could be a control C1 there; `?` is shown. */
  constructor(unicode = true) {
    this.#unicode = unicode;
    this.#sequences = this.#newSequences();
  }

  #newSequences(): Sequences {
    return new Sequences({
      text: (bytes) => void this.#out.push(this.#text(bytes)),
      control: (byte) => {
        this.#broken();
        if (!controls.has(byte)) return;
        if (byte === 0x0e || byte === 0x0f) this.#touched.charset = true;
        this.#out.push(String.fromCharCode(byte));
      },
      escape: (intermediates, final) => {
        this.#broken();
        this.#escape(intermediates, final);
      },
      csi: (sequence) => {
        this.#broken();
        this.#csi(sequence);
      },
      string: () => this.#broken(),
    });
  }

  /** @returns the bytes that may go to the terminal. What is cut by the end of a chunk waits for its rest. */
  filter(chunk: Uint8Array): Buffer {
    this.#sequences.feed(chunk);
    return Buffer.from(this.#out.splice(0).join(''), 'utf8');
  }

  /** Back to the beginning of the recording: an empty screen, as nothing that was played before has left it. */
  rewind(): string {
    // What was cut where the replay stood goes on nowhere.
    this.#sequences = this.#newSequences();
    this.#decoder = new TextDecoder();
    // The saved cursor is one that nothing was saved in.
    return `${this.undo()}\x1b[0m\x1b[H\x1b[2J\x1b7`;
  }

  /** Sets back what was changed and is not as it was found, for every kind of end. Nothing where nothing is. */
  undo(): string {
    const { attributes, region, insert, charset } = this.#touched;
    const out: string[] = [];
    for (const mode of [2026, ...alternates.filter((alternate) => this.#modes.get(alternate)).slice(0, 1)]) {
      if (this.#modes.get(mode)) out.push(`\x1b[?${mode}l`);
    }
    if (insert) out.push('\x1b[4l');
    if (charset) out.push('\x1b(B\x1b)B\x0f');
    if (attributes) out.push('\x1b[0m');
    for (const mode of [5, 7, 25]) {
      const on = this.#modes.get(mode);
      if (on !== undefined && on !== usual.get(mode)) out.push(`\x1b[?${mode}${usual.get(mode) ? 'h' : 'l'}`);
    }
    // Both move the cursor home; the last line is the place where a prompt covers nothing.
    if (region || this.#modes.get(6)) out.push('\x1b[?6l\x1b[r\x1b[9999;1H\n');
    this.#modes.clear();
    this.#touched = { attributes: false, region: false, insert: false, charset: false };
    return out.join('');
  }

  /** Valid UTF-8 as it is; what is none becomes U+FFFD, so that no terminal of another character set takes a byte for a control. */
  #text(bytes: Uint8Array): string {
    const text = this.#decoder.decode(bytes, { stream: true });
    return this.#unicode ? text : text.replace(/[^\x00-\x7f]/gu, '?');
  }

  /** A character that a control function has cut in two. */
  #broken(): void {
    if (this.#decoder.decode() !== '') this.#out.push(this.#unicode ? REPLACEMENT : '?');
  }

  #escape(intermediates: string, final: string): void {
    if (intermediates === '' && final === 'c') {
      // A full reset would take the person's own lines along: the screen is emptied instead.
      this.#out.push(`${this.undo()}\x1b[0m\x1b[H\x1b[2J`);
      return;
    }
    if (charsets.test(intermediates) && charsetFinals.has(final)) this.#touched.charset = true;
    else if (intermediates === '#' ? final !== '8' : intermediates !== '' || !escapes.has(final)) return;
    this.#out.push(`\x1b${intermediates}${final}`);
  }

  #csi({ prefix, parameters, intermediates, final }: ControlSequence): void {
    const whole = `\x1b[${prefix}${parameters}${intermediates}${final}`;
    const on = final === 'h';
    if (intermediates === '' && (on || final === 'l')) {
      const numbers = parameters.split(';').map(Number);
      if (prefix === '?') {
        for (const mode of numbers.filter((number) => modes.has(number))) {
          this.#modes.set(mode, on);
          if (alternates.includes(mode)) for (const other of alternates) this.#modes.set(other, on && other === mode);
          this.#out.push(`\x1b[?${mode}${final}`);
        }
      } else if (prefix === '' && numbers.includes(4)) {
        this.#touched.insert = on;
        this.#out.push(`\x1b[4${final}`);
      }
      return;
    }
    if (intermediates === '!' && final === 'p' && prefix === '' && parameters === '') {
      // DECSTR also resets how keys are sent: what it does to the screen is done.
      this.#touched.region = true;
      this.#out.push('\x1b[0m\x1b[4l\x1b(B\x0f\x1b[?25h\x1b[?7h');
      this.#modes.set(7, true).set(25, true);
      return;
    }
    // DECSED and DECSEL erase; ED 3 would take the person's own scrollback.
    if (intermediates === '' && (final === 'J' || final === 'K') && (prefix === '' || prefix === '?')) {
      if (/^[0-2]?$/.test(parameters)) this.#out.push(whole);
      return;
    }
    if (prefix !== '' || intermediates !== '' || !finals.has(final)) return;
    // With several parameters T starts highlight tracking of the mouse, s sets margins; u with any is a key's report.
    if (final === 'T' ? !/^\d*$/.test(parameters) : (final === 's' || final === 'u') && parameters !== '') return;
    if (final === 'm') this.#touched.attributes = true;
    if (final === 'r') this.#touched.region = parameters !== '';
    this.#out.push(whole);
  }
}
