/**
 * The pty host: every shell, the sealing of what it prints, and the sealed view channel to the page. It holds public
 * keys and ratchet state only. Time, ptys, disk and the line to main come from outside. Over 400 lines: one handler a row of its table, all around
 * the panes, which leave this class for nobody.
 */
import { EOL } from 'node:os';
import { decodeFrame, type ViewFrame } from '../bridge/frames.ts';
import { OPERATOR, ticketMark, unlockText } from '../recording/access.ts';
import { thumbprint } from '../recording/wrap.ts';
import type { RecordingNotice } from '../recording/types.ts';
import type { EndReason } from '../types/words.ts';
import { recordingOptions, type RecordingOptions } from '../recording/options.ts';
import { DiskSpace } from '../recording/space.ts';
import { OutputBacklog } from './backlog/backlog.ts';
import type { Clock } from '../time/clock.ts';
import { denialOf, EMERGENCY, emergencyGrantOf, grantOf, type Denial, type Permission } from '../access/index.ts';
import { Endpoint, troubleText } from '../process/endpoint.ts';
import type { Link } from '../process/link.ts';
import type { Handlers, OutputOf } from '../process/service.ts';
import { Refusal } from '../types/refusal.ts';
import { Emergencies } from './emergencies.ts';
import { PageView } from './page-view.ts';
import { Reports } from './reports.ts';
import { ptyParentService, ptyService, type AttachedPane, type PtyInput, type PtyParentService, type PtyService } from './service.ts';
import { takeSeen, type PaneShell } from './pane-shell.ts';
import { type PtySpawner } from './pty.ts';
import { RecordedPty, type RecordedPtyEvents, type RecordedPtyWriter } from './recorded-pty.ts';
import { inRoom } from './confine.ts';
import { findFolder, findProgram, shellEnvironment } from './shell.ts';
import { SentenceError, sentenceOf } from '../types/sentence.ts';

/** Heads go to the ledger this often while a recording grows. */
export const checkpointMs = 10_000;
/** Frames of input that wait for a shell that starts: it takes some milliseconds, in which nobody types more. */
const maxTypedAhead = 256;
/** Each pane has a 64 KiB buffer, some MiB more while it floods, three descriptors and its shell: a mistake must not start thousands. An event of heads takes as many. */
const maxPanes = 256;
/** A screen with its scrollback, serialised. Its event must fit into a record. */
const maxSnapshotBytes = 960 * 1024;

type Configuration = PtyInput<'configure'>;
type Spawned = OutputOf<PtyService, 'spawn'>;

export interface PtyHostParts {
  readonly link: Pick<Link, 'post' | 'onMessage' | 'onClose'>;
  readonly spawn: PtySpawner;
  readonly createWriter: (options: RecordingOptions) => Promise<RecordedPtyWriter>;
  readonly clock: Clock;
  /** Free space on the disk of the recordings, in MiB: statfs unless given. */
  readonly freeMebibytes?: () => number;
  /** Ends this process. */
  readonly exit: (code: number) => void;
}

/**
 * At a lock nothing is read for so long: eight panes that flood keep two cores from the browser, which has 250 ms to show that nothing is to be seen, and is killed
 * where it does not. An unlock takes longer, so that nobody waits for it.
 */
export const LOCK_PAUSE_MS = 250;

/** A page that has not played back its recordings after this long hears its programs all the same. Eight that flood take some seconds. */
export const maxPlaybackMs = 20_000;

const empty = new Uint8Array(0);

export class PtyHost {
  readonly #parts: PtyHostParts;
  readonly #main: Endpoint<PtyService, PtyParentService>;
  readonly #panes = new Map<number, PaneShell>();
  #configuration: Configuration | undefined;
  readonly #reports: Reports;
  readonly #view: PageView;
  #space: DiskSpace | undefined;
  /** An emergency uses what the policy keeps. */
  #lastSpace: DiskSpace | undefined;
  readonly #emergencies: Emergencies;
  /** Records under the head that each pty's last new segment told of. */
  readonly #told = new WeakMap<RecordedPty, number>();
  #stopping = false;
  /** Panes whose recording the page has not played back yet, since it became the view. */
  #playedBack = new Set<number>();
  /** Shells whose recording is being begun, and of which emergency. */
  readonly #starting = new Map<Promise<void>, string | null>();

  constructor(parts: PtyHostParts) {
    this.#parts = parts;
    const { clock } = parts;
    this.#reports = new Reports({ clock, sealed: (person, bytes) => this.#main.tell('sealed', { person, bytes }), fault: (text) => this.#fault(text) });
    this.#view = new PageView({
      clock,
      refuse: (why) => this.#reports.refuse(why),
      dropped: () => this.#wipeWaiting(),
      silent: () => this.#detach('main-silent'),
    });
    this.#emergencies = new Emergencies(clock, (id) => this.#endEmergency(id));
    this.#main = new Endpoint<PtyService, PtyParentService>({
      table: ptyService,
      handlers: this.#handlers(),
      theirs: ptyParentService,
      door: (needs, input) => this.#door(needs, input),
      post: (message) => parts.link.post(message),
      frame: (bytes) => this.#frame(bytes),
      trouble: (trouble) => this.#reports.refuse(troubleText(trouble), trouble.code === 'failed' ? 'How much of it was done is not known.' : undefined),
      bad: () => this.#reports.refuse('it is no message of the protocol'),
    });
    parts.link.onMessage((message) => this.receive(message));
    parts.link.onClose(() => void this.stop('main-gone'));
  }

  /** One message from main, not checked yet. A bad one is refused and reported, and changes nothing. */
  receive(message: unknown): void {
    this.#main.receive(message);
  }

  /** Whose shell is to be started is only named: who may see it is proven later, and by others. */
  #door(needs: Permission, input: unknown): Denial | undefined {
    const { person, roles, opened } = (input ?? {}) as Partial<PtyInput<'spawn'>>;
    const known = typeof person === 'string' && Array.isArray(roles) ? { id: person, roles } : undefined;
    // An emergency is one by its id, and that role goes with no other shell.
    const named =
      known && opened?.role === EMERGENCY && opened.breakGlass !== null
        ? emergencyGrantOf(known, 'named', opened.reason, opened.breakGlass)
        : known && grantOf(known, 'named');
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
      attach: this.#when('attach', (asking) => this.#view.challenge(asking)),
      proof: this.#when('proof', ({ proof }) => ({ panes: this.#attach(this.#view.prove(proof)) })),
      ack: this.#when('ack', ({ pane, parsed }) => this.#ack(pane, parsed)),
      lease: this.#when('lease', () => this.#view.renewLease()),
      detach: this.#when('detach', ({ cause }) => {
        this.#detach(cause);
        return {};
      }),
      kill: this.#when('kill', ({ pane }) => this.#kill(pane)),
      extendEmergency: this.#when('extendEmergency', ({ breakGlass }) => this.#emergencies.extend(breakGlass)),
      endEmergency: this.#when('endEmergency', async ({ breakGlass }) => {
        this.#emergencies.end(breakGlass);
        await Promise.all([...this.#starting].flatMap(([settled, glass]) => (glass === breakGlass ? settled : [])));
        return {};
      }),
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
      if (!this.#stopping) this.#reports.refuse(`${name} came before configure`);
      throw new Refusal('not-ready', 'The process that holds the shells is not ready. Try again in a moment.');
    };
  }

  /** Ends every shell and recording, then this process. */
  async stop(reason: EndReason): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#view.drop();
    await Promise.all([...this.#starting.keys(), ...[...this.#panes.values()].map((pane) => pane.recorded?.stop(reason))]);
    this.#parts.exit(0);
  }

  #configure(value: Configuration): void {
    if (this.#configuration) {
      this.#reports.refuse('configure came a second time');
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
    const settled = Promise.allSettled([started]).then(() => undefined);
    this.#starting.set(settled, spawn.opened?.breakGlass ?? null);
    void settled.then(() => this.#starting.delete(settled));
    return started;
  }

  /** @throws Refusal where the shell cannot be started or recorded: nothing of it is left then. */
  async #spawn(spawn: PtyInput<'spawn'>, configuration: Configuration): Promise<Spawned> {
    if (this.#panes.has(spawn.pane)) throw cannotStart(`Pane ${spawn.pane} has a shell already.`);
    if (this.#panes.size >= maxPanes) throw cannotStart(`There are ${maxPanes} panes already, and no more can be opened. Close some.`);
    const { opened = OPERATOR, secondsLeft = 0 } = spawn;
    if (opened.breakGlass !== null && !this.#emergencies.enter(opened.breakGlass, 1000 * secondsLeft))
      throw cannotStart('The emergency is over, so no shell is started in it.');
    const owners = spawn.recipients.filter(({ role }) => role === 'owner');
    const [owner] = owners;
    if (owners.length !== 1 || !owner || owner.kid !== thumbprint(owner.jwk)) throw cannotStart('A shell needs one owner, with a key that is theirs.');
    const pane: PaneShell = {
      id: spawn.pane,
      person: spawn.person,
      owner: owner.kid,
      opened,
      recorded: undefined,
      killed: false,
      typed: [],
      snapshot: 0,
      backlog: new OutputBacklog(
        this.#parts.clock,
        {
          output: (offset, parts) => this.#show(pane, { type: 'output', pane: pane.id, offset, bytes: empty }, parts),
          skip: (from, to, settled, carry) => this.#show(pane, { type: 'skip', pane: pane.id, offset: from, to, settled, bytes: carry }),
          pause: () => pane.recorded?.pause(),
          resume: () => pane.recorded?.resume(),
        },
        spawn.rows,
      ),
    };
    this.#panes.set(pane.id, pane);
    if (this.#view.sees(pane)) pane.backlog.attach(0);
    let writer: RecordedPtyWriter | undefined;
    try {
      const [name = '', ...args] = spawn.command;
      const cwd = findFolder(spawn.cwd, spawn.env['HOME']);
      const term = spawn.env['TERM'] || 'xterm-256color';
      const env = shellEnvironment(spawn.env, cwd, term);
      const program = findProgram(name, cwd, env['PATH']);
      const { cols, rows, room } = spawn;
      const shell = { command: [program, ...args], cwd, env };
      const launch = room ? inRoom(shell, room) : shell;
      writer = await this.#parts.createWriter(
        recordingOptions({
          place: configuration,
          rules: configuration,
          owner: spawn,
          opened,
          sessionClass: room?.class,
          start: { command: spawn.command, cwd: room?.sandbox ? (launch.env['HOME'] ?? cwd) : cwd, cols, rows, term },
          notice: (notice) => this.#notice(pane, notice),
        }),
      );
      if (this.#stopping || pane.killed) {
        const begun = writer;
        writer = undefined;
        await begun.end(this.#stopping ? 'app-stop' : 'closed');
        throw cannotStart('The pane was closed before its shell had started.');
      }
      const events: RecordedPtyEvents = {
        output: (bytes, offset) => this.#output(pane, bytes, offset),
        held: (why) => this.#main.tell('held', { pane: pane.id, why: why ?? null }),
        failed: (sentence) => this.#fault(sentence, pane.id),
        end: (exit) => {
          pane.backlog.flush();
          this.#panes.delete(pane.id);
          this.#caughtUp(pane.id);
          this.#main.tell('exit', { pane: pane.id, code: exit.code, signal: exit.signal });
        },
      };
      pane.recorded = new RecordedPty(
        writer,
        this.#parts.spawn,
        { ...launch, cols, rows },
        this.#parts.clock,
        events,
        this.#spaceOf(configuration.recordingsFolder, opened.breakGlass !== null),
      );
      if (spawn.ticket !== undefined) pane.recorded.mark('m', ticketMark(spawn.ticket));
      const { pid } = pane.recorded.pty;
      for (const bytes of pane.typed.splice(0)) {
        if (this.#view.sees(pane)) this.#input(pane, bytes);
        bytes.fill(0);
      }
      if (cwd !== spawn.cwd && !room?.sandbox) this.#fault(`The folder ${spawn.cwd} cannot be entered, so this shell has started in ${cwd}.`, pane.id);
      return { recording: writer.id, pid };
    } catch (error) {
      this.#panes.delete(pane.id);
      // A recording that has begun says that nothing came of it.
      await writer?.end('closed').catch(() => undefined);
      throw error instanceof Refusal ? error : cannotStart(sentenceOf(error));
    }
  }

  /** One look at the disk serves all recordings. The policy in force says how much is kept. */
  #spaceOf(folder: string, inEmergency: boolean): DiskSpace {
    if (inEmergency) return (this.#lastSpace ??= new DiskSpace({ folder, reserveMebibytes: () => 0, free: this.#parts.freeMebibytes }));
    return (this.#space ??= new DiskSpace({ folder, reserveMebibytes: () => this.#configuration?.reserveMebibytes ?? 0, free: this.#parts.freeMebibytes }));
  }

  /** What a recording tells. A failure that no call of ours has met (a sync) ends the pane too. */
  #notice(pane: PaneShell, notice: RecordingNotice): void {
    if (notice.kind === 'segment' && pane.recorded) this.#told.set(pane.recorded, notice.head.size);
    this.#main.tell('notice', notice);
    if (notice.kind === 'failed') pane.recorded?.fail(new SentenceError(notice.reason));
  }

  /** Sealed output of a pane. */
  #output(pane: PaneShell, bytes: Uint8Array, offset: number): void {
    this.#reports.countSealed(pane.person, bytes.length);
    pane.backlog.add(offset, bytes);
  }

  /** Sends a frame to the page, if this pane is its person's to see. */
  #show(pane: PaneShell, head: ViewFrame, parts: readonly Uint8Array[] = []): void {
    const frame = this.#view.sees(pane) ? this.#view.seal(head, parts) : undefined;
    if (frame) this.#parts.link.post({ frame });
  }

  #attach({ person, method, why }: ReturnType<PageView['prove']>): OutputOf<PtyService, 'proof'>['panes'] {
    const panes: AttachedPane[] = [];
    for (const pane of this.#panes.values()) {
      if (!this.#view.sees(pane)) continue;
      const { recorded: pty } = pane;
      // A shell that is still being started prints for this page from its first byte.
      if (!pty) pane.backlog.attach(0);
      if (!pty?.live) continue;
      const { opened } = pane;
      const now = why && opened.breakGlass === null ? { ...opened, reason: why.reason } : opened;
      pty.mark('u', unlockText(person, method, now));
      if (pty.live && now !== opened && why?.ticket) pty.mark('m', ticketMark(why.ticket));
      if (!pty.live) continue;
      const written = pty.writer.written();
      pane.backlog.attach(written.outputBytes, true);
      panes.push({ pane: pane.id, recording: pty.recording, written, seen: takeSeen(pane) ?? written.outputBytes });
    }
    const waits = new Set(panes.map(({ pane }) => pane));
    this.#playedBack = waits;
    this.#parts.clock.after(maxPlaybackMs, () => {
      for (const pane of this.#playedBack === waits ? [...waits] : []) this.#caughtUp(pane);
    });
    return panes;
  }

  /** The page has played back a pane. Programs that flood go on when it has all of them: one alone takes the processors from the others. */
  #caughtUp(id: number): void {
    if (!this.#playedBack.delete(id) || this.#playedBack.size > 0) return;
    for (const { backlog } of this.#panes.values()) backlog.caughtUp();
  }

  /** Waiting input and output is wiped, paused ptys go on: what was typed before the lock reaches no shell after it. */
  #wipeWaiting(): void {
    for (const pane of this.#panes.values()) {
      pane.backlog.drop();
      for (const bytes of pane.typed.splice(0)) bytes.fill(0);
      pane.recorded?.pty.discardInput();
      pane.seen ??= pane.recorded?.writer.outputBytes;
    }
  }

  #detach(cause: string): void {
    this.#view.drop();
    for (const { recorded: pty } of this.#panes.values()) {
      pty?.mark('l', JSON.stringify({ cause }));
      pty?.rotate();
      pty?.pauseFor(LOCK_PAUSE_MS);
    }
  }

  /** A sealed frame from the page: input or a snapshot. */
  #frame(bytes: Uint8Array): void {
    const plain = this.#view.open(bytes);
    if (!plain) return;
    try {
      const frame = decodeFrame(plain);
      const pane = 'pane' in frame ? this.#panes.get(frame.pane) : undefined;
      // A pane that has just ended is no fault of the page; another person's pane is.
      if (pane && !this.#view.sees(pane)) this.#reports.refuse(`a frame for pane ${pane.id}, which belongs to another person`);
      else if (frame.type === 'input') this.#input(pane, frame.bytes);
      else if (frame.type === 'snapshot') this.#snapshot(pane, frame.offset, frame.cols, frame.rows, frame.bytes);
      else this.#reports.refuse(`a frame of type ${frame.type}, which a page may not send`);
    } catch {
      this.#reports.refuse('a frame that is not a view frame');
    } finally {
      plain.fill(0);
    }
  }

  #input(pane: PaneShell | undefined, bytes: Uint8Array): void {
    if (pane && !pane.recorded && !pane.killed && pane.typed.length < maxTypedAhead) {
      // A person types on while the shell of a new pane starts; nothing of it may get lost, or end in another pane.
      pane.typed.push(Uint8Array.from(bytes));
      return;
    }
    if (!pane?.recorded?.live || bytes.length === 0) return;
    if (!pane.recorded.write(bytes)) {
      this.#fault(`The program in this pane does not read its input: ${bytes.length} bytes were not sent to it.`, pane.id);
    }
  }

  #snapshot(pane: PaneShell | undefined, offset: number, cols: number, rows: number, screen: Uint8Array): void {
    const pty = pane?.recorded;
    if (!pane || !pty?.live) return;
    if (offset > pty.writer.outputBytes || offset < pane.snapshot || cols === 0 || rows === 0 || screen.length > maxSnapshotBytes) {
      this.#reports.refuse(`a snapshot of pane ${pane.id} that cannot be true`);
      return;
    }
    const head = Buffer.from(`${JSON.stringify({ outputOffset: offset, cols, rows })}\n`, 'utf8');
    const data = Buffer.from(new ArrayBuffer(head.length + screen.length));
    data.set(head);
    data.set(screen, head.length);
    pty.mark('n', data);
    data.fill(0);
    if (pty.held !== 'full') pane.snapshot = offset;
  }

  #resize(id: number, cols: number, rows: number): void {
    const pane = this.#panes.get(id);
    pane?.backlog.resize(rows);
    pane?.recorded?.resize(cols, rows);
  }

  #ack(id: number, parsed: number): void {
    const pane = this.#panes.get(id);
    if (!pane || !this.#view.sees(pane)) return;
    pane.backlog.acknowledge(parsed);
    this.#caughtUp(id);
  }

  #kill(id: number): void {
    const pane = this.#panes.get(id);
    if (!pane) return;
    pane.killed = true;
    void pane.recorded?.stop('closed');
  }

  /** Its shells end, and whoever sees one of them sees nothing any more. */
  #endEmergency(id: string): void {
    const panes = [...this.#panes.values()].filter(({ opened }) => opened.breakGlass === id);
    if (panes.some((pane) => this.#view.sees(pane))) this.#detach('emergency-over');
    for (const { id: pane } of panes) this.#kill(pane);
  }

  async #checkpoint(): Promise<void> {
    const recorded = [...this.#panes.values()].flatMap((pane) => pane.recorded ?? []);
    const grown = await Promise.all(recorded.map(async (pty) => ({ pty, head: await pty.checkpoint() })));
    // While one was synced another may have ended, or have told of a larger head with a new segment.
    const heads = grown.flatMap(({ pty, head }) => (head && pty.live && head.size > (this.#told.get(pty) ?? 0) ? [{ recording: pty.recording, head }] : []));
    if (heads.length > 0) this.#main.tell('notice', { kind: 'heads', heads });
  }

  #fault(text: string, pane?: number): void {
    this.#main.tell('fault', pane === undefined ? { sentence: text } : { pane, sentence: text });
  }
}

const cannotStart = (why: string): Refusal => new Refusal('cannot-start', why.split(EOL).join(' '));
