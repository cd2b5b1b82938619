/**
 * SMTP (RFC 5321), as far as somebody needs it who hands a mail to a relay: replies of a line or more, and the bytes of a mail. Why it is here and no library:
 * docs/decisions/mail.md. Pure.
 */
import { AnchorError } from '../anchors/errors.ts';

/** RFC 5321, 4.5.3.1.5, has 512; relays that say more in a line are about. */
const MOST_LINE = 2048;
/** What a relay says that it can do has a line for each. */
const MOST_LINES = 64;

export interface SmtpReply {
  readonly code: number;
  /** Without their codes. */
  readonly lines: readonly string[];
}

const LINE = /^([2-5]\d\d)(?:([ -])(.*))?$/s;
const badly = (): AnchorError => new AnchorError('bad-answer', 'The server does not speak SMTP.');

/** Takes bytes as they come. */
export class SmtpReader {
  #left: Buffer = Buffer.alloc(0);
  #code: string | undefined;
  #lines: string[] = [];

  /** The replies that are whole now. @throws AnchorError 'bad-answer' where they are none, or longer than one is */
  push(bytes: Uint8Array): SmtpReply[] {
    this.#left = Buffer.concat([this.#left, bytes]);
    const replies: SmtpReply[] = [];
    for (let end = this.#end(); end >= 0; end = this.#end()) {
      const [, code, more, text = ''] = LINE.exec(this.#left.toString('latin1', 0, end)) ?? [];
      this.#left = this.#left.subarray(end + 2);
      if (code === undefined || (this.#code !== undefined && this.#code !== code) || this.#lines.length === MOST_LINES) throw badly();
      this.#code = code;
      this.#lines.push(text);
      if (more === '-') continue;
      replies.push({ code: Number(code), lines: this.#lines });
      this.#code = undefined;
      this.#lines = [];
    }
    return replies;
  }

  /** Whether something is there that is no whole reply. */
  get begun(): boolean {
    return this.#left.length > 0 || this.#code !== undefined;
  }

  #end(): number {
    const end = this.#left.subarray(0, MOST_LINE).indexOf('\r\n');
    if (end < 0 && this.#left.length >= MOST_LINE) throw badly();
    return end;
  }
}

/** What a relay says in its reply to EHLO that it can do. */
export function extensionsOf({ lines }: SmtpReply): { readonly startTls: boolean; readonly auth: readonly string[] } {
  const words = lines.slice(1).map((line) =>
    line
      .toUpperCase()
      .trim()
      .split(/[ \t]+/),
  );
  return { startTls: words.some(([first]) => first === 'STARTTLS'), auth: words.flatMap(([first, ...rest]) => (first === 'AUTH' ? rest : [])) };
}

/** Who says EHLO, by its address: that is no name of anybody. RFC 5321, 4.1.3. */
export function addressLiteral(address: string | undefined): string {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(plain)) return `[${plain}]`;
  return /^[0-9a-f:.]+$/i.test(plain) ? `[IPv6:${plain}]` : '[127.0.0.1]';
}

/** A mail as DATA takes it: each line ends with CR LF, one that begins with a dot has one more, and a dot alone ends it. RFC 5321, 4.5.2. @param text lines that end with LF */
export const dataOf = (text: string): Buffer =>
  Buffer.from(
    `${text
      .replace(/\r/g, '')
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => (line.startsWith('.') ? `.${line}` : line))
      .join('\r\n')}\r\n.\r\n`,
    'latin1',
  );
