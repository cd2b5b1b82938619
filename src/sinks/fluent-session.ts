/** A connection to a Fluent receiver (Fluentd, Fluent Bit) over TLS: the handshake where there is a key, then one chunk at a time, and its acknowledgement. */
import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { AnchorError } from '../anchors/errors.ts';
import { hostOf } from '../anchors/syslog-tls.ts';
import { closedEarly, openTls, whereOf, type ServerCertificate, type ServerRow } from '../anchors/tls.ts';
import { NOT_LET_IN, wordOf } from './answer.ts';
import { ackOf, FluentReader, forwardBytes, heloOf, pingBytes, pongOf, type FluentEntry } from './fluent-protocol.ts';
import type { SinkContext } from './kind.ts';
import type { Packed } from './msgpack.ts';

export class FluentSession {
  readonly certificate: ServerCertificate;
  readonly #socket: TLSSocket;
  readonly #where: string;
  readonly #reader = new FluentReader();
  /** Came before somebody asked for it: of a server that begins to speak by itself, the first word alone. */
  readonly #came: Packed[] = [];
  #waiting: PromiseWithResolvers<Packed> | undefined;
  #ended: unknown;

  private constructor(where: string, socket: TLSSocket, certificate: ServerCertificate) {
    this.#where = where;
    this.#socket = socket;
    this.certificate = certificate;
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(closedEarly(where)));
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
  }

  /** Where the server has let us in, and has shown that it has the key, if we have one. @throws AnchorError, or what the system says */
  static async open(row: ServerRow, { network, signal, token, host }: Pick<SinkContext, 'network' | 'signal' | 'token' | 'host'>): Promise<FluentSession> {
    const where = whereOf(row);
    const { socket, certificate } = await openTls(row, { network, signal });
    const session = new FluentSession(where, socket, certificate);
    try {
      if (token !== undefined) await session.#shakeHands(hostOf(host), token);
      return session;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** @throws AnchorError where the server did not acknowledge them, or what the system says */
  async send(tag: string, entries: readonly FluentEntry[]): Promise<void> {
    const chunk = randomBytes(16).toString('base64');
    this.#socket.write(forwardBytes(tag, entries, chunk));
    const answer = await this.#next();
    if (heloOf(answer)) throw new AnchorError('refused', `${this.#where} wants a shared key, and this sink has none (token).`);
    if (ackOf(answer) !== chunk) throw new AnchorError('bad-answer', `${this.#where} does not acknowledge what it was given.`);
  }

  end(): void {
    this.#socket.destroy();
  }

  async #shakeHands(host: string, key: string): Promise<void> {
    const helo = heloOf(await this.#next());
    if (!helo) throw new AnchorError('bad-answer', `${this.#where} does not begin as a Fluent receiver with a shared key does.`);
    if (helo.wantsUser) throw new AnchorError('refused', `${this.#where} wants a user with a password beside the shared key, which is not spoken here.`);
    const shared = { key, nonce: helo.nonce, salt: randomBytes(16) };
    this.#socket.write(pingBytes(host, shared));
    const pong = pongOf(await this.#next(), host, shared);
    if (!pong) throw new AnchorError('bad-answer', `${this.#where} does not answer as a Fluent receiver does.`);
    if (!pong.lets) throw new AnchorError('refused', `${this.#where} ${NOT_LET_IN} (${wordOf(pong.reason, key)}).`);
    if (!pong.known) throw new AnchorError('refused', `${this.#where} does not show that it has the shared key, so it is given nothing.`);
  }

  #next(): Promise<Packed> {
    const asked = Promise.withResolvers<Packed>();
    const came = this.#came.shift();
    if (came !== undefined) asked.resolve(came);
    else if (this.#ended !== undefined || this.#socket.destroyed) asked.reject(this.#ended ?? closedEarly(this.#where));
    else this.#waiting = asked;
    return asked.promise;
  }

  #take(bytes: Buffer): void {
    try {
      for (const value of this.#reader.push(bytes)) {
        const waiting = this.#waiting;
        this.#waiting = undefined;
        if (waiting) waiting.resolve(value);
        // One answer stands for one word of ours: a second one would be taken for that of the next.
        else if (this.#came.push(value) > 1) throw new AnchorError('bad-answer', `${this.#where} says more than it was asked.`);
      }
    } catch (error) {
      this.#end(error);
      this.#socket.destroy();
    }
  }

  #end(error: unknown): void {
    this.#ended ??= error;
    this.#waiting?.reject(this.#ended);
    this.#waiting = undefined;
  }
}
