/**
 * A connection to a mail relay: one command at a time, and the reply to it. Nothing of ours but EHLO, with an address, and STARTTLS is written before the relay has shown who
 * it is; a relay that has no STARTTLS, or says a word more before TLS begins, is given nothing.
 */
import type { Socket } from 'node:net';
import { AnchorError } from '../anchors/errors.ts';
import { closedEarly, openTls, whereOf, type ServerCertificate, type ServerRow } from '../anchors/tls.ts';
import { NOT_LET_IN, wordOf } from './answer.ts';
import type { SinkContext } from './kind.ts';
import { addressLiteral, dataOf, extensionsOf, SmtpReader, type SmtpReply } from './smtp-protocol.ts';

export interface SmtpRow extends ServerRow {
  /** How TLS begins: at once, or by STARTTLS. */
  readonly tls: 'implicit' | 'starttls';
  /** Whose password the token is. */
  readonly user?: string | undefined;
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and text, lines that end with LF, ASCII. */
  readonly text: string;
}

/** Questions and replies over one socket, for as long as nobody else has it. */
class Talk {
  readonly #socket: Socket;
  readonly #where: string;
  readonly #reader = new SmtpReader();
  #waiting: PromiseWithResolvers<SmtpReply> | undefined;
  #ended: unknown;
  readonly #data = (bytes: Buffer): void => this.#take(bytes);
  readonly #error = (error: Error): void => this.#end(error);
  readonly #close = (): void => this.#end(closedEarly(this.#where));

  constructor(socket: Socket, where: string) {
    this.#socket = socket;
    this.#where = where;
    socket.on('error', this.#error);
    socket.on('close', this.#close);
    socket.on('data', this.#data);
  }

  /** Whose the connection is from here on. @throws AnchorError where the relay has said more than it was asked */
  release(): void {
    for (const [event, listener] of [
      ['error', this.#error],
      ['close', this.#close],
      ['data', this.#data],
    ] as const)
      this.#socket.off(event, listener);
    this.#socket.pause();
    if (this.#ended !== undefined) throw this.#ended;
    // Whoever sits between could have put it there, for us to take it for something that was said inside of TLS (CVE-2011-0411).
    if (this.#reader.begun) throw this.#tooMuch();
  }

  /** @param bytes nothing: what the relay says by itself. @throws AnchorError, or what the system says */
  ask(bytes?: string | Buffer): Promise<SmtpReply> {
    const asked = Promise.withResolvers<SmtpReply>();
    if (this.#ended !== undefined || this.#socket.destroyed) asked.reject(this.#ended ?? closedEarly(this.#where));
    else {
      this.#waiting = asked;
      if (bytes !== undefined) this.#socket.write(bytes);
    }
    return asked.promise;
  }

  #tooMuch = (): AnchorError => new AnchorError('bad-answer', `${this.#where} says more than it was asked.`);

  #take(bytes: Buffer): void {
    try {
      const [reply, ...more] = this.#reader.push(bytes);
      if (!reply) return;
      // One reply stands for one command: a second one would be taken for that of the next.
      if (!this.#waiting || more.length > 0) throw this.#tooMuch();
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve(reply);
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

const isDone = ({ code }: SmtpReply): boolean => code >= 200 && code < 300;
const encoded = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

export class SmtpSession {
  readonly certificate: ServerCertificate;
  readonly #socket: Socket;
  readonly #talk: Talk;
  readonly #where: string;
  /** What no sentence repeats. */
  readonly #secrets: readonly string[];

  private constructor(where: string, socket: Socket, certificate: ServerCertificate, secrets: readonly string[]) {
    this.#where = where;
    this.#socket = socket;
    this.certificate = certificate;
    this.#secrets = secrets;
    this.#talk = new Talk(socket, where);
  }

  /** Where it is let in. @throws AnchorError, or what the system says */
  static async open(row: SmtpRow, { network, signal, token }: Pick<SinkContext, 'network' | 'signal' | 'token'>): Promise<SmtpSession> {
    const where = whereOf(row);
    const greeted = row.tls === 'starttls' ? (plain: Socket) => startTls(plain, where) : undefined;
    const { socket, certificate } = await openTls(row, { network, signal, ...(greeted && { greeted }) });
    const secrets = token === undefined ? [] : [token, `\0${row.user}\0${token}`];
    const session = new SmtpSession(where, socket, certificate, secrets);
    try {
      if (!greeted) await session.#done(await session.#talk.ask(), 'does not begin');
      const able = extensionsOf(await session.#done(await session.#talk.ask(ehlo(socket)), 'does not go on'));
      if (token !== undefined) await session.#logIn(able.auth, row.user!, token);
      return session;
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  /** @throws AnchorError where the relay does not take it for everybody it is for: then nobody has it */
  async send({ from, to, text }: Mail): Promise<void> {
    const say = (bytes: string | Buffer): Promise<SmtpReply> => this.#talk.ask(bytes);
    await this.#done(await say(`MAIL FROM:<${from}>\r\n`), 'does not take a mail from this sender');
    for (const [n, one] of to.entries()) await this.#done(await say(`RCPT TO:<${one}>\r\n`), `does not take a mail for address ${n + 1} of ${to.length}`);
    const ready = await say('DATA\r\n');
    if (ready.code !== 354) throw this.#refusal(ready, 'does not take the mail');
    await this.#done(await say(dataOf(text)), 'does not take the mail');
  }

  /** Takes leave where the relay still hears it. */
  end(): void {
    const { socket } = { socket: this.#socket };
    socket.end('QUIT\r\n', () => socket.destroy());
  }

  async #logIn(offered: readonly string[], user: string, token: string): Promise<void> {
    const words = 'does not let this workstation in: look at its user and token';
    if (offered.includes('PLAIN')) {
      await this.#done(await this.#talk.ask(`AUTH PLAIN ${encoded(`\0${user}\0${token}`)}\r\n`), words);
      return;
    }
    if (!offered.includes('LOGIN')) throw new AnchorError('refused', `${this.#where} has neither AUTH PLAIN nor AUTH LOGIN, so the token is not shown to it.`);
    for (const part of ['AUTH LOGIN', encoded(user)]) {
      const reply = await this.#talk.ask(`${part}\r\n`);
      if (reply.code !== 334) throw this.#refusal(reply, words);
    }
    await this.#done(await this.#talk.ask(`${encoded(token)}\r\n`), words);
  }

  async #done(reply: SmtpReply, is: string): Promise<SmtpReply> {
    if (!isDone(reply)) throw this.#refusal(reply, is);
    return reply;
  }

  #refusal = (reply: SmtpReply, is: string): AnchorError => refusal(reply, this.#where, is, this.#secrets);
}

const ehlo = ({ localAddress }: Socket): string => `EHLO ${addressLiteral(localAddress)}\r\n`;

function refusal({ code, lines }: SmtpReply, where: string, is: string, secrets: readonly string[] = []): AnchorError {
  const said = wordOf(lines.join(' '), ...secrets);
  return new AnchorError('refused', `${where} ${code === 530 || code === 535 ? NOT_LET_IN : is} (${code}${said === '' ? '' : ` ${said}`}).`);
}

/** What is said in the clear, which is nothing of ours. @throws AnchorError where TLS is not to begin, or what the system says */
async function startTls(plain: Socket, where: string): Promise<void> {
  const talk = new Talk(plain, where);
  let failed = true;
  try {
    const hello = await talk.ask();
    if (!isDone(hello)) throw refusal(hello, where, 'does not begin');
    const able = await talk.ask(ehlo(plain));
    if (!isDone(able)) throw refusal(able, where, 'does not go on');
    if (!extensionsOf(able).startTls) throw new AnchorError('refused', `${where} does not offer STARTTLS, and nothing goes in the clear.`);
    const ready = await talk.ask('STARTTLS\r\n');
    if (!isDone(ready)) throw refusal(ready, where, 'does not begin TLS');
    failed = false;
  } finally {
    if (!failed) talk.release();
  }
}
