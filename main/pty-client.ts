/** Main's end of the pty host: checks what it says, pairs its answers with the requests, starts it again when it dies. */
import { fromPtyHost, type FromPtyHost, type ToPtyHost } from '../src/pty/protocol.ts';
import type { RecordingNotice } from '../src/recording/types.ts';
import type { Child, Host } from './host.ts';

type Configure = Omit<Extract<ToPtyHost, { type: 'configure' }>, 'type'>;
type Attached = Extract<FromPtyHost, { type: 'attached' }>;
type Challenged = Extract<FromPtyHost, { type: 'challenge' }>;
type Attach = Omit<Extract<ToPtyHost, { type: 'attach' }>, 'type'>;
type Spawn = Omit<Extract<ToPtyHost, { type: 'spawn' }>, 'type'>;

export interface PtyEvents {
  readonly frame: (bytes: Uint8Array) => void;
  readonly exit: (pane: number, code: number, signal: number) => void;
  readonly notice: (notice: RecordingNotice) => void;
  readonly sealed: (bytes: number) => void;
  readonly fault: (sentence: string, pane: number | undefined) => void;
  /** A pane's program waits for room on the disk, or goes on (null). */
  readonly held: (pane: number, why: 'reserve' | 'full' | null) => void;
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

/** How long the pty host may take to answer: it seals and syncs to disk on the way. A busy disk needs seconds, never 10. */
const ANSWER_MS = 10_000;

export class PtyClient {
  readonly #host: Host;
  readonly #configure: () => Configure;
  readonly #events: PtyEvents;
  readonly #waiting = new Map<string, { readonly resolve: (message: FromPtyHost) => void; readonly reject: (error: Error) => void }>();
  #child: Child | undefined;
  #stopping = false;
  #checkpoints: Promise<void> = Promise.resolve();

  constructor(host: Host, configure: () => Configure, events: PtyEvents) {
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
    this.#child = child;
    this.#stopping = false;
    child.onMessage((message) => {
      const parsed = fromPtyHost.safeParse(message);
      if (parsed.success) this.#receive(parsed.data);
      else this.#events.badMessage();
    });
    child.onExit((code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      for (const { reject } of this.#waiting.values()) reject(new Error('the pty host ended'));
      this.#waiting.clear();
      if (!this.#stopping) this.#events.died(signal ?? `exit ${code ?? 'unknown'}`);
    });
    child.post({ type: 'configure', ...this.#configure() } satisfies ToPtyHost);
  }

  /** The new recording's id. @throws Error with a sentence when the shell cannot be started or recorded. */
  async spawn(spawn: Spawn): Promise<{ recording: string; pid: number }> {
    const answer = await this.#ask(`spawn ${spawn.pane}`, { type: 'spawn', ...spawn });
    if (answer.type === 'spawned') return { recording: answer.recording, pid: answer.pid };
    throw new Error(answer.type === 'spawnFailed' ? answer.sentence : 'The shell could not be started.');
  }

  /**
   * Lets a page see and type. @param prove has the vault answer the pty host's challenge: what we say is not asked.
   * @throws ViewRefused where it was not proven, Error where nobody answers.
   */
  async attach(asking: Attach, prove: (challenge: Challenged) => Promise<Uint8Array>): Promise<Attached & { readonly publicKey: Uint8Array }> {
    const challenge = (await this.#ask('attach', { type: 'attach', ...asking })) as Challenged;
    const proof = await prove(challenge);
    const answer = await this.#ask('proof', { type: 'proof', proof });
    if (answer.type === 'attached') return { ...answer, publicKey: challenge.publicKey };
    throw new ViewRefused(answer.type === 'attachRefused' ? answer.reason : 'no-answer');
  }

  async detach(cause: string): Promise<void> {
    if (this.#child) await this.#ask('detach', { type: 'detach', cause });
  }

  /** Each live recording's head, told as notices before this resolves. The timer's and an export's may meet: one after the other. */
  checkpoint(): Promise<void> {
    const asked = this.#checkpoints.then(async () => {
      if (this.#child) await this.#ask('checkpoint', { type: 'checkpoint' });
    });
    this.#checkpoints = asked.catch(() => undefined);
    return asked;
  }

  /** Another policy is in force: for the shells that are started from here on. */
  policy(policy: Omit<Extract<ToPtyHost, { type: 'policy' }>, 'type'>): void {
    this.#post({ type: 'policy', ...policy });
  }

  /** Main runs. */
  lease(): void {
    this.#post({ type: 'lease' });
  }
  frame(bytes: Uint8Array): void {
    this.#post({ type: 'frame', bytes });
  }
  ack(pane: number, parsed: number): void {
    this.#post({ type: 'ack', pane, parsed });
  }
  resize(pane: number, cols: number, rows: number): void {
    this.#post({ type: 'resize', pane, cols, rows });
  }
  kill(pane: number): void {
    this.#post({ type: 'kill', pane });
  }

  /** Ends every shell and recording; SIGKILL when it does not end in time. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#stopping = true;
    const ended = new Promise<void>((resolve) => child.onExit(() => resolve()));
    child.post({ type: 'stop' } satisfies ToPtyHost);
    await Promise.race([ended, timeout(ANSWER_MS)]).catch(() => child.kill());
  }

  async kill9(): Promise<void> {
    await this.#child?.kill();
  }

  #post(message: ToPtyHost): void {
    this.#child?.post(message);
  }

  #ask(key: string, message: ToPtyHost): Promise<FromPtyHost> {
    const child = this.#child;
    if (!child) return Promise.reject(new Error('the pty host is not running'));
    if (this.#waiting.has(key)) return Promise.reject(new Error(`${key} is already under way`));
    const answer = new Promise<FromPtyHost>((resolve, reject) => {
      this.#waiting.set(key, { resolve, reject });
    });
    child.post(message);
    return Promise.race([answer, timeout(ANSWER_MS)]).finally(() => this.#waiting.delete(key));
  }

  #answer(key: string, message: FromPtyHost): void {
    this.#waiting.get(key)?.resolve(message);
  }

  #receive(message: FromPtyHost): void {
    switch (message.type) {
      case 'frame':
        return this.#events.frame(message.bytes);
      case 'notice':
        return this.#events.notice(message.notice);
      case 'exit':
        return this.#events.exit(message.pane, message.code, message.signal);
      case 'sealed':
        return this.#events.sealed(message.bytes);
      case 'fault':
        return this.#events.fault(message.sentence, message.pane);
      case 'held':
        return this.#events.held(message.pane, message.why);
      case 'spawned':
      case 'spawnFailed':
        return this.#answer(`spawn ${message.pane}`, message);
      case 'challenge':
        return this.#answer('attach', message);
      case 'attached':
      case 'attachRefused':
        return this.#answer('proof', message);
      case 'detached':
        return this.#answer('detach', message);
      case 'checkpointed':
        return this.#answer('checkpoint', message);
      case 'ready':
    }
  }
}

function timeout(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('no answer in time')), ms).unref();
  });
}
