/**
 * What a replay may do to the terminal it plays in: show. Recorded output is not trusted: it may ask the terminal to write
 * to the clipboard, to change its title, or to type an answer into the shell. Strings of control (OSC, DCS, SOS, PM, APC),
 * requests for reports and ENQ are taken out. ECMA-48, sections 5.6 and 8.3; xterm's ctlseqs for the reports.
 */
const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const ENQ = 0x05;

/** Final bytes of control sequences that make a terminal answer: DA, DSR, DECREQTPARM, and with a prefix the mode and version requests. */
const REPORTS = new Set(['c', 'n', 'x', 'q', 'p', 't', 'y', 'w'].map((letter) => letter.charCodeAt(0)));
/** Longest control sequence that is passed on; real ones have some thirty bytes. */
const MAX_SEQUENCE = 256;

export class ReplayFilter {
  /** ground, after ESC, in a control sequence, in a control string, after ESC in a control string. */
  #state: 'ground' | 'escape' | 'sequence' | 'string' | 'string-escape' = 'ground';
  #held: number[] = [];

  /** @returns the bytes that may go to the terminal. A sequence that is cut by the end of a chunk waits for its rest. */
  filter(chunk: Uint8Array): Buffer {
    const out: number[] = [];
    for (const byte of chunk) this.#byte(byte, out);
    return Buffer.from(out);
  }

  #byte(byte: number, out: number[]): void {
    switch (this.#state) {
      case 'ground':
        if (byte === ESC) this.#begin(byte);
        else if (byte !== ENQ) out.push(byte);
        return;
      case 'escape':
        // ESC again begins anew; [ CSI; P X ] ^ _ begin control strings; anything else is a short escape sequence.
        if (byte === ESC) return;
        this.#held.push(byte);
        if (byte === 0x5b) this.#state = 'sequence';
        else if (byte === 0x50 || byte === 0x58 || byte === 0x5d || byte === 0x5e || byte === 0x5f) this.#state = 'string';
        // ESC Z is DECID, a request for a report. Intermediate bytes wait for their final.
        else if (byte < 0x20 || byte > 0x2f) this.#end(out, byte !== 0x5a);
        return;
      case 'sequence':
        if (byte === ESC) return this.#begin(byte);
        if (byte === CAN || byte === SUB) return this.#end(out, false);
        // Control characters inside a sequence act at once, as in a terminal.
        if (byte < 0x20) {
          if (byte !== ENQ) out.push(byte);
          return;
        }
        this.#held.push(byte);
        if (byte >= 0x40 && byte <= 0x7e) this.#end(out, !this.#asks(byte));
        else if (this.#held.length > MAX_SEQUENCE) this.#end(out, false);
        return;
      case 'string':
        if (byte === ESC) this.#state = 'string-escape';
        else if (byte === BEL || byte === CAN || byte === SUB) this.#end(out, false);
        return;
      case 'string-escape':
        // ESC \ ends the string. ESC and anything else ends it too and is a sequence of its own.
        if (byte === 0x5c) return this.#end(out, false);
        this.#begin(ESC);
        this.#byte(byte, out);
    }
  }

  #begin(byte: number): void {
    this.#held = [byte];
    this.#state = 'escape';
  }

  #end(out: number[], show: boolean): void {
    if (show) out.push(...this.#held);
    this.#held = [];
    this.#state = 'ground';
  }

  /** Does this sequence make the terminal answer? Some final bytes do so only with a prefix or an intermediate byte. */
  #asks(final: number): boolean {
    if (!REPORTS.has(final)) return false;
    const middle = String.fromCharCode(...this.#held.slice(2, -1));
    const letter = String.fromCharCode(final);
    // DECSCUSR (`SP q`), DECSTR (`! p`) and setting conformance (`" p`) only set something.
    if (letter === 'q') return middle.startsWith('>');
    if (letter === 'p') return middle.endsWith('$');
    return true;
  }
}
