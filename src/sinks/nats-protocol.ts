/**
 * The client protocol of NATS (docs.nats.io, "Client Protocol"), as far as somebody needs it who asks and waits for the answer: lines of text, and messages whose length
 * stands before them. Why it is here and no library: docs/decisions/nats.md. Pure.
 */
import { AnchorError } from '../anchors/errors.ts';

/** What a server says first may name every server of its cluster. */
const MOST_LINE = 64 * 1024;
/** An answer has a document and its headers, in Base64, at most. */
const MOST_MESSAGE = 256 * 1024;

export type NatsWord =
  | { readonly word: 'INFO' | 'PING' | 'PONG' | '+OK' }
  | { readonly word: '-ERR'; readonly text: string }
  /** `status` of its header, where it has one: 503 where nobody takes what was asked. */
  | { readonly word: 'MSG'; readonly subject: string; readonly status: number | undefined; readonly text: string };

/** Fields stand apart by spaces or tabs, as many as the server likes. */
const PLAIN = /^MSG[ \t]+(\S{1,256})[ \t]+\S{1,32}(?:[ \t]+\S{1,256})?[ \t]+(\d{1,7})$/i;
const HEADED = /^HMSG[ \t]+(\S{1,256})[ \t]+\S{1,32}(?:[ \t]+\S{1,256})?[ \t]+(\d{1,7})[ \t]+(\d{1,7})$/i;
const badly = (): AnchorError => new AnchorError('bad-answer', 'The server does not speak the protocol of NATS.');

/** Takes bytes as they come. */
export class NatsReader {
  #left: Buffer = Buffer.alloc(0);

  /** The words that are whole now. @throws AnchorError 'bad-answer' where they are none, or longer than an answer is */
  push(bytes: Uint8Array): NatsWord[] {
    this.#left = Buffer.concat([this.#left, bytes]);
    const words: NatsWord[] = [];
    for (let word = this.#next(); word; word = this.#next()) words.push(word);
    return words;
  }

  #next(): NatsWord | undefined {
    const end = this.#left.subarray(0, MOST_LINE).indexOf('\r\n');
    if (end < 0) {
      if (this.#left.length >= MOST_LINE) throw badly();
      return undefined;
    }
    const line = this.#left.toString('latin1', 0, end);
    if (/^H?MSG[ \t]/i.test(line)) return this.#message(line, end + 2);
    this.#left = this.#left.subarray(end + 2);
    const [, first = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    const word = first.toUpperCase();
    if (word === '-ERR') return { word, text: rest.replace(/^'(.*)'$/, '$1') };
    if (word === 'INFO' || word === 'PING' || word === 'PONG' || word === '+OK') return { word };
    throw badly();
  }

  #message(line: string, from: number): NatsWord | undefined {
    const headed = HEADED.exec(line);
    const [, subject, ...sizes] = headed ?? PLAIN.exec(line) ?? [];
    if (subject === undefined) throw badly();
    const [head, all] = headed ? [Number(sizes[0]), Number(sizes[1])] : [0, Number(sizes[0])];
    if (head > all || all > MOST_MESSAGE) throw badly();
    if (this.#left.length < from + all + 2) return undefined;
    if (this.#left.toString('latin1', from + all, from + all + 2) !== '\r\n') throw badly();
    const header = this.#left.toString('latin1', from, from + head);
    const text = this.#left.toString('utf8', from + head, from + all);
    this.#left = this.#left.subarray(from + all + 2);
    const status = /^NATS\/1\.0 (\d{3})/.exec(header)?.[1];
    return { word: 'MSG', subject, status: status === undefined ? undefined : Number(status), text };
  }
}

/** Headers of a message, as they go and as a stream gives them back. */
export const headerText = (fields: Readonly<Record<string, string | number>>): string =>
  `NATS/1.0\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`;

/** A field of headers; undefined where they do not have it. */
export const fieldOf = (header: string, name: string): string | undefined =>
  header
    .split('\r\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1)
    .trim();

/** A message that wants an answer at `reply`. */
export function publishText(subject: string, reply: string, header: string, text: string): Buffer {
  const [head, body] = [Buffer.from(header, 'utf8'), Buffer.from(text, 'utf8')];
  const size = head.length + body.length;
  const line = head.length === 0 ? `PUB ${subject} ${reply} ${size}\r\n` : `HPUB ${subject} ${reply} ${head.length} ${size}\r\n`;
  return Buffer.concat([Buffer.from(line, 'latin1'), head, body, Buffer.from('\r\n', 'latin1')]);
}
