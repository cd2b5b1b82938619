/**
 * The pty host: every shell, the sealing of what it prints, and the sealed view channel to the page. It holds public
 * keys and ratchet state only. Time, ptys, disk and the line to main come from outside.
 */
import { EOL } from 'node:os';
import { PeerChannel } from '../bridge/channel/node.ts';
import { ChannelError } from '../bridge/channel/wire.ts';
import { CHECK_MS, Lease } from '../bridge/lease.ts';
import { decodeFrame, encodeFrame, type Frame } from '../bridge/frames.ts';
import { unlockText } from '../recording/access.ts';
import { Challenge } from '../proof/proof.ts';
import { recordingOptions } from '../recording/options.ts';
import { thumbprint } from '../recording/wrap.ts';
import type { RecordingNotice } from '../recording/types.ts';
import type { EndReason } from '../types/words.ts';
import type { RecordingOptions } from '../recording/options.ts';
import { DiskSpace } from '../recording/space.ts';
import { OutputBacklog } from './backlog/backlog.ts';
import type { Clock } from './clock.ts';
import { denialOf, grantOf, type Denial, type Permission } from '../access/index.ts';
import { Endpoint, troubleText } from '../process/endpoint.ts';
import type { Link } from '../process/link.ts';
import type { Handlers, OutputOf } from '../process/service.ts';
import { Refusal } from '../types/refusal.ts';
import { ptyParentService, ptyService, type AttachedPane, type PtyInput, type PtyParentService, type PtyService } from './service.ts';
import { type PtySpawner } from './pty.ts';
import { Session, type SessionEvents, type SessionWriter } from './session.ts';
import { findFolder, findProgram, shellEnvironment } from './shell.ts';
import { SentenceError, sentenceOf } from '../types/sentence.ts';

/** Heads go to the ledger this often while a recording grows (design, section 5). */
export const checkpointMs = 10_000;
/** Frames of input that wait for a shell that starts: it takes some milliseconds, in which nobody types more. */
const maxTypedAhead = 256;
/** `sealed` at most this often. */
const sealedMs = 1000;
/** Refused messages are reported at most this often, with their number: a flood of them must not become one of ours. */
const refusalMs = 1000;
/** Each pane has a 64 KiB buffer, some MiB more while it floods, three descriptors and its shell: a mistake must not start thousands. An event of heads takes as many. */
const maxPanes = 256;
/** The vault answers a challenge in some milliseconds; what comes this late is not its answer. */
export const challengeMs = 10_000;
/** A screen with its scrollback, serialised. Its event must fit into a record. */
const maxSnapshotBytes = 960 * 1024;

type Configuration = PtyInput<'configure'>;
type Spawned = OutputOf<PtyService, 'spawn'>;

export interface PtyHostParts {
  readonly link: Pick<Link, 'post' | 'onMessage' | 'onClose'>;
  readonly spawn: PtySpawner;
  readonly createWriter: (options: RecordingOptions) => Promise<SessionWriter>;
  readonly clock: Clock;
  /** Free space on the disk of the recordings, in MiB: statfs unless given. */
  readonly freeMebibytes?: () => number;
  /** Ends this process. */
  readonly exit: (code: number) => void;
}

interface Pane {
  readonly id: number;
  readonly person: string;
  /** Thumbprint of the owner's public key, from before the first byte: whoever cannot prove that key sees nothing. */
  readonly owner: string;
  session: Session | undefined;
  /** Set by a `kill` that came before the shell had started. */
  killed: boolean;
  /** What was typed before the shell had started. */
  readonly typed: Uint8Array[];
  /** Output bytes at the last snapshot. */
  snapshot: number;
  /** Output on its way to the page. */
  readonly backlog: OutputBacklog;
}

interface View {
  readonly channel: PeerChannel;
  readonly person: string;
  /** Thumbprint of the key that was proven. */
  readonly owner: string;
  readonly lease: Lease;
}

/** A page that wants to be the view, and has to prove it. */
interface Pending extends Omit<View, 'lease'> {
  readonly page: Uint8Array;
  readonly method: string;
  challenge: Challenge | undefined;
}

const empty = new Uint8Array(0);

export class PtyHost {
  readonly #parts: PtyHostParts;
  readonly #main: Endpoint<PtyService, PtyParentService>;
  readonly #panes = new Map<number, Pane>();
  #configuration: Configuration | undefined;
  /** The page that sees and types; undefined while locked. */
  #view: View | undefined;
  /** The page that was given a challenge. */
  #pending: Pending | undefined;
  #space: DiskSpace | undefined;
  #sealed = 0;
  #sealedArmed = false;
  /** Records under the head that each session's last new segment told of. */
  readonly #told = new WeakMap<Session, number>();
  #refusals = 0;
  #refusalsArmed = false;
  #stopping = false;
  /** Shells whose recording is being begun. */
  readonly #starting = new Set<Promise<void>>();

  constructor(parts: PtyHostParts) {
    this.#parts = parts;
    this.#main = new Endpoint<PtyService, PtyParentService>({
      table: ptyService,
      handlers: this.#handlers(),
      theirs: ptyParentService,
      door: (needs, input) => this.#door(needs, input),
      post: (message) => parts.link.post(message),
      frame: (bytes) => this.#frame(bytes),
      trouble: (trouble) => this.#refuse(troubleText(trouble), trouble.code === 'failed' ? 'How much of it was done is not known.' : undefined),
      bad: () => this.#refuse('it is no message of the protocol'),
    });
    parts.link.onMessage((message) => this.receive(message));
    parts.link.onClose(() => void this.stop('main-gone'));
  }

  /** Panes with a running shell. */
  get livePanes(): number {
    return this.#panes.size;
  }

  /** One message from main, not checked yet. A bad one is refused and reported, and changes nothing. */
  receive(message: unknown): void {
    this.#main.receive(message);
  }

  /** Whose shell is to be started is only named: who may see it is proven later, and by others. */
  #door(needs: Permission, input: unknown): Denial | undefined {
    const { person, roles } = (input ?? {}) as Partial<PtyInput<'spawn'>>;
    const named = typeof person === 'string' && Array.isArray(roles) ? grantOf({ id: person, roles }, 'named') : undefined;
    const denial = denialOf(needs, { phase: 'locked', grant: named }, Date.now());
    if (denial) this.#main.tell('denied', { needs, why: denial.why, ...(denial.person === undefined ? {} : { person: denial.person }) });
    return denial;
  }

  #handlers(): Handlers<PtyService> {
    return {
      configure: (configuration) => this.#configure(configuration),
      policy: this.#when('policy', (policy, configuration) => {
        this.#configuration = { ...configuration, ...policy };
      }),
      spawn: this.#when('spawn', (spawn, configuration) => this.#start(spawn, configuration)),
      resize: this.#when('resize', ({ pane, cols, rows }) => this.#resize(pane, cols, rows)),
      attach: this.#when('attach', (asking) => this.#challenge(asking)),
      proof: this.#when('proof', ({ proof }) => this.#prove(proof)),
      ack: this.#when('ack', ({ pane, parsed }) => this.#ack(pane, parsed)),
      lease: this.#when('lease', () => this.#view?.lease.renew(this.#parts.clock.now())),
      detach: this.#when('detach', ({ cause }) => {
        this.#detach(cause);
        return {};
      }),
      kill: this.#when('kill', ({ pane }) => this.#kill(pane)),
      checkpoint: this.#when('checkpoint', async () => {
        await this.#checkpoint();
        return {};
      }),
      stop: this.#when('stop', () => void this.stop('app-stop')),
    };
  }

  /** What nobody can do before this process is configured, nor while it ends. */
  #when<N extends keyof PtyService, O>(name: N, act: (input: PtyInput<N>, configuration: Configuration) => O): (input: PtyInput<N>) => O {
    return (input) => {
      if (this.#configuration && !this.#stopping) return act(input, this.#configuration);
      if (!this.#stopping) this.#refuse(`${name} came before configure`);
      throw new Refusal('not-ready', 'The process that holds the shells is not ready. Try again in a moment.');
    };
  }

  /** Ends every shell and recording, then this process. */
  async stop(reason: EndReason): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#dropView();
    await Promise.all([...this.#starting, ...[...this.#panes.values()].map((pane) => pane.session?.stop(reason))]);
    this.#parts.exit(0);
  }

  #configure(value: Configuration): void {
    if (this.#configuration) {
      this.#refuse('configure came a second time');
      return;
    }
    this.#configuration = value;
    this.#main.tell('ready', {});
    const tick = (): void => {
      void this.#checkpoint();
      this.#parts.clock.after(checkpointMs, tick);
    };
    this.#parts.clock.after(checkpointMs, tick);
  }

  #start(spawn: PtyInput<'spawn'>, configuration: Configuration): Promise<Spawned> {
    const started = this.#spawn(spawn, configuration);
    const settled = started.then(
      () => undefined,
      () => undefined,
    );
    this.#starting.add(settled);
    void settled.then(() => this.#starting.delete(settled));
    return started;
  }

  /** @throws Refusal where the shell cannot be started or recorded: nothing of it is left then. */
  async #spawn(spawn: PtyInput<'spawn'>, configuration: Configuration): Promise<Spawned> {
    if (this.#panes.has(spawn.pane)) throw cannotStart(`Pane ${spawn.pane} has a shell already.`);
    if (this.#panes.size >= maxPanes) throw cannotStart(`There are ${maxPanes} panes already, and no more can be opened. Close some.`);
    const owners = spawn.recipients.filter(({ role }) => role === 'owner');
    const [owner] = owners;
    if (owners.length !== 1 || !owner || owner.kid !== thumbprint(owner.jwk)) throw cannotStart('A shell needs one owner, with a key that is theirs.');
    const pane: Pane = {
      id: spawn.pane,
      person: spawn.person,
      owner: owner.kid,
      session: undefined,
      killed: false,
      typed: [],
      snapshot: 0,
      backlog: new OutputBacklog(
        this.#parts.clock,
        {
          output: (offset, parts) => this.#show(pane, { type: 'output', pane: pane.id, offset, bytes: empty }, parts),
          skip: (from, to, settled, carry) => this.#show(pane, { type: 'skip', pane: pane.id, offset: from, to, settled, bytes: carry }),
          pause: () => pane.session?.pause(),
          resume: () => pane.session?.resume(),
        },
        spawn.rows,
      ),
    };
    this.#panes.set(pane.id, pane);
    if (this.#viewOf(pane)) pane.backlog.attach(0);
    let writer: SessionWriter | undefined;
    try {
      const [name = '', ...args] = spawn.command;
      const cwd = findFolder(spawn.cwd, spawn.env['HOME']);
      const term = spawn.env['TERM'] || 'xterm-256color';
      const env = shellEnvironment(spawn.env, cwd, term);
      const program = findProgram(name, cwd, env['PATH']);
      const { cols, rows } = spawn;
      writer = await this.#parts.createWriter(
        recordingOptions({
          place: configuration,
          rules: configuration,
          owner: spawn,
          start: { command: spawn.command, cwd, cols, rows, term },
          notice: (notice) => this.#notice(pane, notice),
        }),
      );
      if (this.#stopping || pane.killed) {
        const begun = writer;
        writer = undefined;
        await begun.end(this.#stopping ? 'app-stop' : 'closed');
        throw cannotStart('The pane was closed before its shell had started.');
      }
      const events: SessionEvents = {
        output: (bytes, offset) => this.#output(pane, bytes, offset),
        held: (why) => this.#main.tell('held', { pane: pane.id, why: why ?? null }),
        failed: (sentence) => this.#fault(sentence, pane.id),
        end: (exit) => {
          pane.backlog.flush();
          this.#panes.delete(pane.id);
          this.#main.tell('exit', { pane: pane.id, code: exit.code, signal: exit.signal });
        },
      };
      pane.session = new Session(
        writer,
        this.#parts.spawn,
        { command: [program, ...args], cwd, env, cols, rows },
        this.#parts.clock,
        events,
        this.#spaceOf(configuration.recordingsFolder),
      );
      const { pid } = pane.session.pty;
      for (const bytes of pane.typed.splice(0)) {
        if (this.#viewOf(pane)) this.#input(pane, bytes);
        bytes.fill(0);
      }
      if (cwd !== spawn.cwd) this.#fault(`The folder ${spawn.cwd} cannot be entered, so this shell has started in ${cwd}.`, pane.id);
      return { recording: writer.id, pid };
    } catch (error) {
      this.#panes.delete(pane.id);
      // A recording that has begun says that nothing came of it.
      await writer?.end('closed').catch(() => undefined);
      throw error instanceof Refusal ? error : cannotStart(sentence(error));
    }
  }

  /** One look at the disk serves all recordings. The policy in force says how much is kept. */
  #spaceOf(folder: string): DiskSpace {
    return (this.#space ??= new DiskSpace({ folder, reserveMebibytes: () => this.#configuration?.reserveMebibytes ?? 0, free: this.#parts.freeMebibytes }));
  }

  /** What a recording tells. A failure that no call of ours has met (a sync) ends the pane too. */
  #notice(pane: Pane, notice: RecordingNotice): void {
    if (notice.kind === 'segment' && pane.session) this.#told.set(pane.session, notice.head.size);
    this.#main.tell('notice', notice);
    if (notice.kind === 'failed') pane.session?.fail(new SentenceError(notice.reason));
  }

  /** Sealed output of a pane. */
  #output(pane: Pane, bytes: Uint8Array, offset: number): void {
    this.#countSealed(bytes.length);
    pane.backlog.add(offset, bytes);
  }

  /** Seals a frame for the page. The head and the parts are sealed one after the other: no copy of output in the clear is made. */
  #show(pane: Pane, head: Frame, parts: readonly Uint8Array[] = []): void {
    const view = this.#viewOf(pane);
    if (view) this.#parts.link.post({ frame: view.channel.seal(encodeFrame(head), ...parts) });
  }

  /** The page, if this pane is its person's to see. */
  #viewOf(pane: Pane): View | undefined {
    return this.#view?.person === pane.person && this.#view.owner === pane.owner ? this.#view : undefined;
  }

  /** A page wants to see: it gets a channel that nothing goes through yet, and a challenge for the owner's identity. */
  async #challenge({ publicKey, person, method, key }: PtyInput<'attach'>): Promise<OutputOf<PtyService, 'attach'>> {
    let pending: Pending;
    try {
      const channel = new PeerChannel(publicKey);
      // Whoever saw before does not see any more, whatever comes of this.
      this.#dropView();
      pending = { channel, page: publicKey, person, method, owner: thumbprint(key), challenge: undefined };
      this.#pending = pending;
      pending.challenge = await Challenge.to(key);
    } catch (error) {
      this.#dropPending();
      this.#refuse(`attach: ${sentence(error)}`);
      throw new Refusal('bad-key', 'This page has no key that anything could be sealed to.');
    }
    const { challenge } = pending;
    if (this.#pending !== pending) {
      challenge.drop();
      throw notProven('no-challenge');
    }
    this.#parts.clock.after(challengeMs, () => {
      if (this.#pending === pending) this.#dropPending();
    });
    return { publicKey: pending.channel.publicKey, sealed: challenge.sealed };
  }

  #dropPending(): void {
    this.#pending?.challenge?.drop();
    this.#pending?.channel.close();
    this.#pending = undefined;
  }

  #prove(proof: Uint8Array): OutputOf<PtyService, 'proof'> {
    const pending = this.#pending;
    const { challenge } = pending ?? {};
    if (!pending || !challenge) throw notProven('no-challenge');
    const { channel, person, page } = pending;
    if (!challenge.accepts(proof, { purpose: 'view', person, page, peer: channel.publicKey })) {
      this.#dropPending();
      throw notProven('wrong-proof');
    }
    this.#pending = undefined;
    return { panes: this.#attach(pending) };
  }

  #attach({ channel, person, owner, method }: Pending): OutputOf<PtyService, 'proof'>['panes'] {
    const view = { channel, person, owner, lease: new Lease(this.#parts.clock.now()) };
    this.#view = view;
    this.#watchLease(view);
    const panes: AttachedPane[] = [];
    for (const pane of this.#panes.values()) {
      if (!this.#viewOf(pane)) continue;
      const { session } = pane;
      // A shell that is still being started prints for this page from its first byte.
      if (!session) pane.backlog.attach(0);
      if (!session?.live) continue;
      session.mark('u', unlockText(person, method));
      if (!session.live) continue;
      const written = session.writer.written();
      pane.backlog.attach(written.outputBytes);
      panes.push({ pane: pane.id, recording: session.recording, written });
    }
    return panes;
  }

  /** From here on nothing is shown and nobody types: the key is gone, waiting input and output is wiped, paused ptys go on. */
  #dropView(): void {
    this.#dropPending();
    this.#view?.channel.close();
    this.#view = undefined;
    // What was typed before the lock reaches no shell after it.
    for (const pane of this.#panes.values()) {
      pane.backlog.drop();
      for (const bytes of pane.typed.splice(0)) bytes.fill(0);
    }
    for (const { session } of this.#panes.values()) session?.pty.discardInput();
  }

  #detach(cause: string): void {
    this.#dropView();
    for (const { session } of this.#panes.values()) {
      session?.mark('l', JSON.stringify({ cause }));
      session?.rotate();
    }
  }

  /** Main is silent: it has been stopped, and would not lock. */
  #watchLease(view: View): void {
    const { clock } = this.#parts;
    clock.after(CHECK_MS, () => {
      if (view !== this.#view) return;
      if (view.lease.isOver(clock.now())) this.#detach('main-silent');
      else this.#watchLease(view);
    });
  }

  /** A sealed frame from the page: input or a snapshot. */
  #frame(bytes: Uint8Array): void {
    const view = this.#view;
    if (!view) {
      this.#refuse('a frame came while the workspace is locked');
      return;
    }
    let plain: Buffer;
    try {
      plain = view.channel.open(bytes);
    } catch (error) {
      this.#refuse(error instanceof ChannelError ? error.message : 'a frame did not open');
      return;
    }
    try {
      const frame = decodeFrame(plain);
      const pane = 'pane' in frame ? this.#panes.get(frame.pane) : undefined;
      // A pane that has just ended is no fault of the page; another person's pane is.
      if (pane && !this.#viewOf(pane)) this.#refuse(`a frame for pane ${pane.id}, which belongs to another person`);
      else if (frame.type === 'input') this.#input(pane, frame.bytes);
      else if (frame.type === 'snapshot') this.#snapshot(pane, frame.offset, frame.cols, frame.rows, frame.bytes);
      else this.#refuse(`a frame of type ${frame.type}, which a page may not send`);
    } catch {
      this.#refuse('a frame that is not a view frame');
    } finally {
      plain.fill(0);
    }
  }

  #input(pane: Pane | undefined, bytes: Uint8Array): void {
    if (pane && !pane.session && !pane.killed && pane.typed.length < maxTypedAhead) {
      // A person types on while the shell of a new pane starts; nothing of it may get lost, or end in another pane.
      pane.typed.push(Uint8Array.from(bytes));
      return;
    }
    if (!pane?.session?.live || bytes.length === 0) return;
    if (!pane.session.write(bytes)) {
      this.#fault(`The program in this pane does not read its input: ${bytes.length} bytes were not sent to it.`, pane.id);
    }
  }

  #snapshot(pane: Pane | undefined, offset: number, cols: number, rows: number, screen: Uint8Array): void {
    const session = pane?.session;
    if (!pane || !session?.live) return;
    if (offset > session.writer.outputBytes || offset < pane.snapshot || cols === 0 || rows === 0 || screen.length > maxSnapshotBytes) {
      this.#refuse(`a snapshot of pane ${pane.id} that cannot be true`);
      return;
    }
    const head = Buffer.from(`${JSON.stringify({ outputOffset: offset, cols, rows })}\n`, 'utf8');
    const data = Buffer.from(new ArrayBuffer(head.length + screen.length));
    data.set(head);
    data.set(screen, head.length);
    session.mark('n', data);
    data.fill(0);
    if (session.held !== 'full') pane.snapshot = offset;
  }

  #resize(id: number, cols: number, rows: number): void {
    const pane = this.#panes.get(id);
    pane?.backlog.resize(rows);
    pane?.session?.resize(cols, rows);
  }

  #ack(id: number, parsed: number): void {
    const pane = this.#panes.get(id);
    if (!pane || !this.#viewOf(pane)) return;
    pane.backlog.acknowledge(parsed);
  }

  #kill(id: number): void {
    const pane = this.#panes.get(id);
    if (!pane) return;
    pane.killed = true;
    void pane.session?.stop('closed');
  }

  async #checkpoint(): Promise<void> {
    const sessions = [...this.#panes.values()].flatMap((pane) => pane.session ?? []);
    const grown = await Promise.all(sessions.map(async (session) => ({ session, head: await session.checkpoint() })));
    // While one was synced another may have ended, or have told of a larger head with a new segment.
    const heads = grown.flatMap(({ session, head }) =>
      head && session.live && head.size > (this.#told.get(session) ?? 0) ? [{ recording: session.recording, head }] : [],
    );
    if (heads.length > 0) this.#main.tell('notice', { kind: 'heads', heads });
  }

  #countSealed(bytes: number): void {
    this.#sealed += bytes;
    if (this.#sealedArmed) return;
    this.#sealedArmed = true;
    this.#parts.clock.after(sealedMs, () => {
      this.#sealedArmed = false;
      this.#main.tell('sealed', { bytes: this.#sealed });
    });
  }

  #fault(text: string, pane?: number): void {
    this.#main.tell('fault', pane === undefined ? { sentence: text } : { pane, sentence: text });
  }

  #refuse(why: string, done = 'Nothing was changed.'): void {
    this.#refusals++;
    if (this.#refusalsArmed) return;
    this.#refusalsArmed = true;
    const first = this.#refusals;
    this.#fault(`The pty host refused a message: ${why}. ${done}`);
    this.#parts.clock.after(refusalMs, () => {
      this.#refusalsArmed = false;
      const more = this.#refusals - first;
      if (more > 0) this.#fault(`The pty host refused ${more} more messages in the last second.`);
    });
  }
}

const cannotStart = (why: string): Refusal => new Refusal('cannot-start', why);
const notProven = (code: 'no-challenge' | 'wrong-proof'): Refusal => new Refusal(code, 'That the owner of these shells is in was not proven.');

function sentence(error: unknown): string {
  return sentenceOf(error).split(EOL).join(' ');
}
