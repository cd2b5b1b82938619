/**
 * A connection to a NATS server over TLS: one question at a time, and the answer to it. What the server says before TLS begins (INFO) is looked at for its first word
 * alone, and nothing is written before the server has shown who it is. Servers of its cluster that it names are not gone to: the policy does not.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { AnchorError } from '../anchors/errors.ts';
import { closedEarly, openTls, whereOf, type ServerCertificate, type ServerRow } from '../anchors/tls.ts';
import { NOT_LET_IN, wordOf } from './answer.ts';
import type { SinkContext } from './kind.ts';
import { NatsReader, publishText, type NatsWord } from './nats-protocol.ts';

interface NatsServerRow extends ServerRow {
  /** Whose password the token is; left out: the token stands for itself. */
  readonly user?: string | undefined;
}

type NatsAnswer = Extract<NatsWord, { readonly word: 'MSG' }>;

export class NatsSession {
  readonly certificate: ServerCertificate;
  readonly #socket: TLSSocket;
  readonly #where: string;
  readonly #token: string | undefined;
  readonly #reader = new NatsReader();
  readonly #inbox = `_INBOX.${randomBytes(12).toString('hex')}`;
  #asked = 0;
  /** Whoever waits now, and for which word. */
  #waiting: { readonly takes: (word: NatsWord) => boolean; readonly done: PromiseWithResolvers<NatsWord> } | undefined;
  #ended: unknown;

  private constructor(where: string, socket: TLSSocket, certificate: ServerCertificate, token: string | undefined) {
    this.#where = where;
    this.#token = token;
    this.#socket = socket;
    this.certificate = certificate;
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(closedEarly(where)));
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** @throws AnchorError, or what the system says */
  static async open(row: NatsServerRow, { network, signal, token }: Pick<SinkContext, 'network' | 'signal' | 'token'>): Promise<NatsSession> {
    const where = whereOf(row);
    const { socket, certificate } = await openTls(row, { network, signal, greeted: (plain) => greeting(plain, where) });
    const session = new NatsSession(where, socket, certificate, token);
    const secret = token === undefined ? {} : row.user === undefined ? { auth_token: token } : { user: row.user, pass: token };
    const options = {
      verbose: false,
      pedantic: false,
      tls_required: true,
      name: 'wardmux',
      lang: 'wardmux',
      version: '1',
      protocol: 1,
      headers: true,
      no_responders: true,
    };
    try {
      await session.#say(`CONNECT ${JSON.stringify({ ...options, ...secret })}\r\nPING\r\n`, ({ word }) => word === 'PONG');
      socket.write(`SUB ${session.#inbox}.* 1\r\n`);
      return session;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** @throws AnchorError, or what the system says */
  async ask(subject: string, header: string, text: string): Promise<NatsAnswer> {
    const reply = `${this.#inbox}.${this.#asked++}`;
    const answer = await this.#say(publishText(subject, reply, header, text), (word) => word.word === 'MSG' && word.subject === reply);
    return answer as NatsAnswer;
  }

  /** What this server says, for a sentence of ours: without the token. */
  wordOf(text: string): string {
    return wordOf(text, this.#token);
  }

  end(): void {
    this.#socket.destroy();
  }

  #say(bytes: string | Buffer, takes: (word: NatsWord) => boolean): Promise<NatsWord> {
    const done = Promise.withResolvers<NatsWord>();
    if (this.#ended !== undefined || this.#socket.destroyed) done.reject(this.#ended ?? closedEarly(this.#where));
    else {
      this.#waiting = { takes, done };
      this.#socket.write(bytes);
    }
    return done.promise;
  }

  #take(bytes: Buffer): void {
    try {
      for (const word of this.#reader.push(bytes)) {
        if (word.word === 'PING') this.#socket.write('PONG\r\n');
        if (word.word === '-ERR') throw this.#refusal(word.text);
        if (!this.#waiting?.takes(word)) continue;
        const { done } = this.#waiting;
        this.#waiting = undefined;
        done.resolve(word);
      }
    } catch (error) {
      this.#end(error);
      this.#socket.destroy();
    }
  }

  #refusal(text: string): AnchorError {
    const is = /authoriz|authentic/i.test(text) ? NOT_LET_IN : 'does not go on';
    return new AnchorError('refused', `${this.#where} ${is} (${this.wordOf(text)}).`);
  }

  #end(error: unknown): void {
    this.#ended ??= error;
    this.#waiting?.done.reject(this.#ended);
    this.#waiting = undefined;
  }
}

/** The line that a server begins with. @throws AnchorError, or what the system says */
function greeting(plain: Socket, where: string): Promise<void> {
  const reader = new NatsReader();
  return new Promise((resolve, reject) => {
    const take = (bytes: Buffer): void => {
      try {
        const [first, ...more] = reader.push(bytes);
        if (!first) return;
        if (first.word !== 'INFO' || more.length > 0) throw new AnchorError('bad-answer', `${where} does not begin as a NATS server does.`);
        plain.off('data', take);
        plain.pause();
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    plain.on('data', take);
    plain.once('error', reject);
    plain.once('close', () => reject(closedEarly(where)));
  });
}
