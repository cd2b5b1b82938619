/** Main's end of the process that holds the shells: checks what it says, and starts it again when it dies. */
import { setImmediate } from 'node:timers/promises';
import { openDoor, type DenialReason, type Permission } from '../../src/access/index.ts';
import { Endpoint } from '../../src/process/endpoint.ts';
import type { OutputOf } from '../../src/process/service.ts';
import { ANSWER_MS } from '../../src/types/answer.ts';
import { ptyParentService, ptyService, type PtyInput, type PtyParentService, type PtyService } from '../../src/pty/service.ts';
import type { RecordingNotice } from '../../src/recording/types.ts';
import { inTime } from '../../src/time/in-time.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { SentenceError } from '../../src/types/sentence.ts';
import type { Child, Host } from '../host.ts';
import { isStopped } from '../../src/browser/processes.ts';

type Challenge = OutputOf<PtyService, 'attach'>;

export interface PtyEvents {
  readonly frame: (bytes: Uint8Array) => void;
  readonly exit: (pane: number, code: number, signal: number) => void;
  readonly notice: (notice: RecordingNotice) => void;
  readonly sealed: (person: string, bytes: number) => void;
  readonly fault: (sentence: string, pane: number | undefined) => void;
  /** A pane's program waits for room on the disk, or goes on (null). */
  readonly held: (pane: number, why: 'reserve' | 'full' | null) => void;
  /** It was asked for something that whoever it is for may not do. */
  readonly denied: (denial: { readonly needs: Permission; readonly why: DenialReason; readonly person: string | undefined }) => void;
  /** The process died: every shell in it is gone. */
  readonly died: (reason: string) => void;
  readonly badMessage: () => void;
}

/** The pty host shows nothing to this page. */
export class ViewRefused extends Error {
  override name = 'ViewRefused';
  readonly reason: 'wrong-proof' | 'no-challenge' | 'no-answer';

  constructor(reason: ViewRefused['reason']) {
    super('The process that holds the shells was not shown that you are in, so Wardmux locked. Unlock again.');
    this.reason = reason;
  }
}

/** A lock waits for its answer, which takes milliseconds. A process that has been stopped (SIGSTOP) gives none: it gets no longer, in ms. */
const DETACH_STOPPED_MS = 300;

export class PtyClient {
  readonly #host: Host;
  readonly #configure: () => PtyInput<'configure'>;
  readonly #events: PtyEvents;
  #child: Child | undefined;
  #line: Endpoint<PtyParentService, PtyService> | undefined;
  #stopping = false;
  #checkpoints: Promise<void> = Promise.resolve();

  constructor(host: Host, configure: () => PtyInput<'configure'>, events: PtyEvents) {
    this.#host = host;
    this.#configure = configure;
    this.#events = events;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  /** Forks the process if there is none. */
  start(): void {
    if (this.#child) return;
    const child = this.#host.fork('pty-host');
    const events = this.#events;
    const line = new Endpoint<PtyParentService, PtyService>({
      table: ptyParentService,
      handlers: {
        ready: () => {},
        denied: ({ needs, why, person }) => events.denied({ needs, why, person }),
        exit: ({ pane, code, signal }) => events.exit(pane, code, signal),
        notice: (notice) => events.notice(notice),
        sealed: ({ person, bytes }) => events.sealed(person, bytes),
        fault: ({ sentence, pane }) => events.fault(sentence, pane),
        held: ({ pane, why }) => events.held(pane, why),
      },
      theirs: ptyService,
      door: openDoor({ standing: () => ({ phase: 'locked' }), denied: events.badMessage }),
      post: (message) => child.post(message),
      frame: events.frame,
      trouble: events.badMessage,
      bad: events.badMessage,
    });
    this.#child = child;
    this.#line = line;
    this.#stopping = false;
    child.onMessage((message) => line.receive(message));
    child.onExit((code, signal) => {
      line.end(new SentenceError('The process that runs the shells has ended before it had answered. Try it once more.'));
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#line = undefined;
      if (!this.#stopping) events.died(signal ?? `exit ${code ?? 'unknown'}`);
    });
    line.tell('configure', this.#configure());
  }

  /** The new recording's id. @throws Error with a sentence when the shell cannot be started or recorded. */
  async spawn(spawn: PtyInput<'spawn'>): Promise<OutputOf<PtyService, 'spawn'>> {
    return this.#running.ask('spawn', spawn);
  }

  /**
   * Lets a page see and type. @param prove has the vault answer the challenge: what we say is not asked.
   * @throws ViewRefused where it was not proven, Error where nobody answers.
   */
  async attach(
    asking: PtyInput<'attach'>,
    prove: (challenge: Challenge) => Promise<Uint8Array>,
  ): Promise<OutputOf<PtyService, 'proof'> & { readonly publicKey: Uint8Array }> {
    const challenge = await this.#running.ask('attach', asking);
    const proof = await prove(challenge);
    try {
      return { ...(await this.#running.ask('proof', { proof })), publicKey: challenge.publicKey };
    } catch (error) {
      const code = error instanceof Refusal ? error.code : undefined;
      throw code === 'wrong-proof' || code === 'no-challenge' || code === 'no-answer' ? new ViewRefused(code) : error;
    }
  }

  /** @throws Error where it does not answer in the time of a lock: then it has to be ended. */
  async detach(cause: string): Promise<void> {
    const { pid } = this;
    if (!this.#line) return;
    const answered = this.#line.ask('detach', { cause });
    await inTime(answered, DETACH_STOPPED_MS, () => {
      if (pid !== undefined && isStopped(pid)) throw new Error('the process that holds the shells is stopped');
      return answered;
    });
  }

  /** Each live recording's head, told as notices before this resolves. The timer's and an export's may meet: one after the other. */
  checkpoint(): Promise<void> {
    const asked = this.#checkpoints.then(async () => void (await this.#line?.ask('checkpoint', {})));
    this.#checkpoints = asked.catch(() => undefined);
    return asked;
  }

  /** Another policy is in force: for the shells that are started from here on. */
  policy(policy: PtyInput<'policy'>): void {
    this.#line?.tell('policy', policy);
  }

  /** Main runs. */
  lease(): void {
    this.#line?.tell('lease', {});
  }
  extendEmergency(breakGlass: string): void {
    this.#line?.tell('extendEmergency', { breakGlass });
  }

  /** The shells of an emergency end. @throws Error where it does not answer in the time of a lock: then it has to be ended. */
  async endEmergency(breakGlass: string): Promise<void> {
    await this.#line?.ask('endEmergency', { breakGlass });
  }

  frame(bytes: Uint8Array): void {
    this.#child?.post({ frame: bytes });
  }
  ack(pane: number, parsed: number): void {
    this.#line?.tell('ack', { pane, parsed });
  }
  resize(pane: number, cols: number, rows: number): void {
    this.#line?.tell('resize', { pane, cols, rows });
  }
  kill(pane: number): void {
    this.#line?.tell('kill', { pane });
  }

  /** Ends every shell and recording; SIGKILL when it does not end in time. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#stopping = true;
    const ended = new Promise<void>((resolve) => child.onExit(() => resolve()));
    this.#line?.tell('stop', {});
    await inTime(ended, ANSWER_MS, () => child.kill());
  }

  /** It holds no shell any more, so it ends with all that it had in memory. The next that asks for one gets another process. */
  retire(): void {
    const child = this.#child;
    if (!child) return;
    const ended = new Promise<void>((resolve) => child.onExit(() => resolve()));
    this.#line?.tell('stop', {});
    this.#child = undefined;
    this.#line = undefined;
    void inTime(ended, ANSWER_MS, () => child.kill());
  }

  /** Resolves when it has ended, and what it had said by then has been heard: its pipe was readable before its end was, and is read in the same turn. */
  async kill9(): Promise<void> {
    await this.#child?.kill();
    await setImmediate();
  }

  /** @throws Error where there is no such process. */
  get #running(): Endpoint<PtyParentService, PtyService> {
    if (!this.#line) throw new Error('the process that holds the shells is not running');
    return this.#line;
  }
}
