/**
 * One person's state of the multiplexer, and their shells. The state is a value (src/mux); this carries out its effects. It lives through
 * a lock: the shells run on, and the view is drawn again after the unlock. Over 400 lines: one state, and every door to it.
 */
import { homedir } from 'node:os';
import { basename } from 'node:path';
import type { Permission } from '../../src/access/index.ts';
import type { Output } from '../../src/bridge/schema.ts';
import type { AlertKind, ClientAction, PaneView, WorkspaceView } from '../../src/types/workspace-view.ts';
import type { AuditEntry } from '../../src/ledger/events.ts';
import type { Context } from '../../src/mux/commands/command.ts';
import { runCommandLine, runWords, type GivenOutcome } from '../../src/mux/commands/run.ts';
import type { Origins } from '../../src/mux/origins.ts';
import { alerted } from '../../src/mux/state/alerts.ts';
import type { Change, Effect } from '../../src/mux/state/effects.ts';
import { keep, restore, type Kept } from '../../src/mux/state/kept.ts';
import { type State, createState } from '../../src/mux/state/model.ts';
import { closePane, paneExited, paneFailed, paneHeld, paneOpens, paneRuns, paneStarted } from '../../src/mux/state/panes.ts';
import { activePane, classOfPane, findPane, sessionOf } from '../../src/mux/state/query.ts';
import { windowOfClass } from '../../src/mux/state/sessions.ts';
import { newWindow, setStage } from '../../src/mux/state/windows.ts';
import { toView } from '../../src/mux/view.ts';
import type { PtyInput } from '../../src/pty/service.ts';
import type { RecordingOwner } from '../../src/services/recordings/start.ts';
import { CLASS_ROOM, crossingSentence, type ClassRules, type Crossing } from '../../src/types/classes.ts';
import { processFolder } from '../../src/native/given.ts';
import { Configuration } from './configuration.ts';
import { OpenedHosts, type OpenedHost } from './opened-hosts.ts';
import { ForegroundWatch, foregroundOf } from './programs.ts';
import type { PtyClient } from '../processes/pty-client.ts';
import { Refusal } from '../../src/types/refusal.ts';
import { sentenceOf } from '../../src/types/sentence.ts';

/** A shell that ends this soon, and not with 0, did not end because somebody typed exit: its pane stays and says so. */
const EARLY_EXIT_MS = 1500;
/** Of ssh itself: it was not let in, or the connection broke. Else its status is that of what ran there (ssh(1)). */
const SSH_FAILED = 255;

export interface WorkspaceOptions {
  /** Whose it is. */
  readonly person: string;
  /** How its first session is called, and its class; undefined: the policy's first. */
  readonly session: string;
  readonly sessionClass: string | undefined;
  /** What the policy in force says of classes. */
  readonly classes: () => ClassRules;
  /** What a class means for its shells. @throws Refusal where the policy in force does not name it */
  readonly room: (sessionClass: string) => NonNullable<PtyInput<'spawn'>['room']>;
  /** Where what they have copied comes from. */
  readonly origins: Origins;
  /** Id of its first pane: no two people have panes of one id. */
  readonly firstPane: number;
  readonly pty: PtyClient;
  /** Whose recording a new pane is, who can open it, and how long its emergency lasts still. @throws Refusal where its person is not in */
  readonly owner: () => Promise<RecordingOwner & { readonly secondsLeft?: number }>;
  readonly ledger: (entry: AuditEntry) => void;
  readonly changed: (view: WorkspaceView) => void;
  /** What of the state outlives the app; undefined where no window is left. */
  readonly keep: (kept: Kept | undefined) => void;
  readonly client: (action: ClientAction) => void;
  /** Why whoever is in may not do what a command needs; undefined where they may. */
  readonly refused: (needs: Permission) => string | undefined;
  readonly lock: () => void;
  /** Whoever is in wants the lock after so many seconds, where that is sooner than the policy's; 0: as the policy says. */
  readonly lockAfter: (seconds: number) => void;
  readonly emergency: (what: 'extend' | 'end') => void;
  readonly detach: () => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
}

/** Where nothing is laid out: cells. */
const NO_STAGE = { cols: 80, rows: 24 };
/** What a command may ask for before there is a window, or where there never is one. */
const withoutPanes: ReadonlySet<Effect['kind']> = new Set(['client', 'lock', 'emergency', 'detach']);

/** A fault that a pane told of this shortly before it ended is why it ended. */
const FAULT_MS = 3000;

/** The person's own shell; /bin/sh where the account names none. */
export function shellOf(env: Readonly<Record<string, string | undefined>>): string {
  return env['SHELL'] || '/bin/sh';
}

export class Workspace {
  readonly #options: WorkspaceOptions;
  readonly #faults = new Map<number, { sentence: string; at: number }>();
  readonly #shells = new Map<number, { pid: number; recording: string; started: number }>();
  /** Panes in which a host is open, or is about to be. */
  readonly #hosts = new OpenedHosts();
  /** Panes of a session that was logged off, whose shells have been told to end. */
  readonly #ending = new Set<number>();
  #allEnded: () => void = () => {};
  /** Id of the first pane of the next state: no two panes of a run have the same. */
  #firstPane: number;
  readonly #foreground = new ForegroundWatch(() => this.#lookAtPrograms());
  readonly #configuration: Configuration;
  #state: State | undefined;

  constructor(options: WorkspaceOptions) {
    this.#options = options;
    this.#configuration = new Configuration(options.env);
    this.#firstPane = options.firstPane;
  }

  get view(): WorkspaceView | undefined {
    return this.#state && toView(this.#state);
  }

  /** Panes with a live or ended recording, by pane id. */
  recording(pane: number): string | undefined {
    return (this.#state && findPane(this.#state, pane)?.pane.recording) ?? undefined;
  }

  /** Whether a pane shows this recording, be it live or stopped. */
  hasRecording(recording: string): boolean {
    return this.#panes().some((pane) => pane.recording === recording);
  }

  /** Panes whose program waits for room on the disk. */
  get heldCount(): number {
    return this.#panes().filter(({ held }) => held).length;
  }

  #panes(): readonly PaneView[] {
    const { windows = [], elsewhere = [] } = this.view ?? {};
    return [...windows, ...elsewhere].flatMap(({ panes }) => panes);
  }

  get shellCount(): number {
    return this.#shells.size;
  }

  /** Shells that were told to end, and have not. */
  get endingCount(): number {
    return this.#ending.size;
  }

  /** Its person is logged off: every shell is hung up, and nothing of the windows is kept in memory. Resolves when the shells have ended. */
  async logOff(): Promise<void> {
    this.#firstPane = this.#state?.server.next.pane ?? this.#firstPane;
    this.#state = undefined;
    this.#faults.clear();
    for (const pane of this.#shells.keys()) {
      this.#ending.add(pane);
      this.#options.pty.kill(pane);
    }
    if (this.#ending.size > 0) await new Promise<void>((resolve) => (this.#allEnded = resolve));
  }

  #ended(pane: number): void {
    this.#shells.delete(pane);
    if (this.#ending.delete(pane) && this.#ending.size === 0) this.#allEnded();
  }

  /** The stage's size in cells. The first call opens the windows that were kept, or the first one, with the person's shell. */
  resize(cols: number, rows: number, kept?: Kept): void {
    const { env, session, sessionClass, classes } = this.#options;
    const program = basename(shellOf(env));
    const firstPane = this.#firstPane;
    const { configuration = [] } = kept ?? {};
    if (this.#state) this.#apply(setStage(this.#state, { cols, rows }));
    else if (kept && kept.sessions.length > 0) {
      const { state, effects } = restore({ cols, rows }, kept, program, firstPane);
      this.#apply({ state: this.#configuration.again(state, configuration, this.#context()), effects });
    } else {
      const state = createState({ cols, rows }, { session, class: sessionClass ?? classes().first, firstPane });
      this.#apply(newWindow(this.#configuration.again(state, configuration, this.#context()), { program }));
      const offer = kept || sessionClass !== undefined ? undefined : this.#configuration.offer();
      if (offer !== undefined) this.#say(offer);
    }
  }

  /** One or several commands in tmux's syntax. @param from the classes of the line that opened what this one answers @returns a message for the person, if the command has one. */
  command(line: string, pane: number | undefined, from: readonly string[] = []): Output<'command'> {
    // Whoever opens no shells has commands all the same: what the page shows, and the lock.
    const state = this.#state ?? createState(NO_STAGE);
    const target = pane ?? activePane(state);
    const result = runCommandLine(state, line, { ...this.#context(), pane: target, from });
    if (this.#state) this.#apply(result);
    else if (result.state !== state || !result.effects.every(({ kind }) => withoutPanes.has(kind)))
      return { message: 'The window is not ready yet.', refused: true };
    else for (const effect of result.effects) this.#carryOut(effect);
    return { ...(result.message === undefined ? {} : { message: result.message }), ...(result.failed ? { refused: true as const } : {}) };
  }

  /** Commands of a command line, in words as a shell gives them. Nothing of what they carry or print is text of a pane. */
  given(words: readonly string[]): Pick<GivenOutcome, 'commands' | 'output'> & { readonly note?: string; readonly refused: boolean } {
    const state = this.#state;
    if (!state) return { commands: [], output: '', note: 'The window is not ready yet. Nothing was done.', refused: true };
    const { commands, output, notes, failed = false, ...change } = runWords(state, words, this.#context());
    this.#apply(change);
    const note = notes.length > 0 ? { note: notes.join('\n') } : {};
    return { commands, output, ...note, refused: failed };
  }

  /** Opens a host in a window of its own, in a session of its class. @throws Refusal before there is a window */
  openHost(host: OpenedHost): void {
    if (!this.#state) throw new Refusal('host', 'The window is not ready yet. Nothing was opened.');
    const { name, command, class: wanted = sessionOf(this.#state).class } = host;
    const { pane } = this.#state.server.next;
    this.#hosts.add(pane, host);
    const { state, effects } = windowOfClass(this.#state, { program: 'ssh', command }, { class: wanted, name });
    this.#apply({ state: paneOpens(state, pane, name), effects });
  }

  #context(): Context {
    const { env, refused, classes } = this.#options;
    return { program: basename(shellOf(env)), refused, classes: classes() };
  }

  get #home(): string {
    return this.#options.env['HOME'] || homedir();
  }

  #say(text: string): void {
    this.#options.client({ action: 'message', text });
  }

  /** Takes what can be taken of a file of commands, and says what that was. */
  #source(wanted: string): void {
    if (!this.#state) return;
    const { state, sentence } = this.#configuration.take(this.#state, wanted, this.#context());
    if (state !== this.#state) this.#set(state);
    this.#say(sentence);
  }

  /** Something was copied in a pane. */
  copied(pane: number, digests: readonly string[]): void {
    const from = this.#state && classOfPane(this.#state, pane);
    if (from !== undefined) this.#options.origins.copied(digests, from);
  }

  /** Something is to be pasted into a pane. It goes, or does not go, as an event where it comes from another class. @returns why not, or null */
  pasted(pane: number, digests: readonly string[]): string | null {
    const to = this.#state && classOfPane(this.#state, pane);
    if (to === undefined) return 'This pane is gone. Nothing was pasted.';
    const crossings = this.#options.origins.pasted(digests, to, this.#options.classes());
    const no = crossings.find(({ allowed }) => !allowed);
    // Where one part may not go, nothing goes.
    for (const each of no ? crossings.filter(({ allowed }) => !allowed) : crossings) this.#crosses(each);
    return no ? crossingSentence(no) : null;
  }

  #crosses({ from, to, way, allowed }: Crossing): void {
    const { ledger, person } = this.#options;
    ledger({ action: 'session.crossing', person, outcome: allowed ? 'success' : 'failure', detail: { from, to, way } });
  }

  exited(pane: number, code: number, signal: number): void {
    const shell = this.#shells.get(pane);
    const reason = this.#ending.has(pane) ? 'logoff' : 'exit';
    this.#ended(pane);
    const { ledger, person } = this.#options;
    ledger({ action: 'pane.close', person, detail: { pane, ...(shell ? { recording: shell.recording } : {}), code, signal, reason } });
    const left = this.#hosts.ended(pane, code, signal);
    if (left?.entry) ledger(left.entry);
    if (!this.#state || !findPane(this.#state, pane)) return;
    const fault = this.#faults.get(pane);
    this.#faults.delete(pane);
    if (fault && this.#options.now() - fault.at < FAULT_MS) return this.#set(paneFailed(this.#state, pane, fault.sentence));
    // What was meant for it must not go into whatever would be in front then.
    if (left && code === SSH_FAILED)
      return this.#set(
        paneExited(
          this.#state,
          pane,
          `${left.name} is not open any more: the connection broke, or it let nobody in. Open it again: prefix H. Or close the pane: prefix x.`,
        ),
      );
    const early = shell !== undefined && this.#options.now() - shell.started < EARLY_EXIT_MS && (code !== 0 || signal !== 0);
    if (early) {
      const how = signal ? `was ended by signal ${signal}` : `ended with status ${code}`;
      const seconds = ((this.#options.now() - shell.started) / 1000).toFixed(1);
      this.#set(paneExited(this.#state, pane, `The program ${how}, ${seconds} s after its start. What it printed is in its recording.`));
    } else this.#apply(closePane(this.#state, pane, false));
  }

  /** A pane has printed, or a page has come: what runs in front may be another program now. */
  output(): void {
    this.#foreground.output();
  }

  #lookAtPrograms(): void {
    let state = this.#state;
    if (!state) return;
    for (const [pane, { pid }] of this.#shells) {
      const foreground = foregroundOf(pid, this.#home);
      if (foreground) state = paneRuns(state, pane, foreground);
    }
    if (state !== this.#state) this.#set(state);
  }

  /** Something is wrong with a pane that goes on, or that ends next. */
  faulted(pane: number, sentence: string): void {
    this.#faults.set(pane, { sentence, at: this.#options.now() });
  }

  /** A pane's program rang the bell, or printed, where nobody looks. */
  alert(pane: number, what: AlertKind): void {
    const state = this.#state && alerted(this.#state, pane, what);
    if (state && state !== this.#state) this.#set(state);
  }

  /** What is typed into one of these panes goes into all of them from here on; none: not any more. It is entered, and the page does it. */
  synchronized(panes: readonly number[]): void {
    const { ledger, person } = this.#options;
    const own = new Set(panes.filter((pane) => this.#state && findPane(this.#state, pane)));
    ledger({ action: 'session.synchronize', person, detail: { panes: own.size } });
  }

  /** The pane's program waits for room on the disk, or goes on (null). */
  held(pane: number, why: 'reserve' | 'full' | null): void {
    if (this.#state) this.#set(paneHeld(this.#state, pane, why));
  }

  failed(pane: number, sentence: string): void {
    this.#shells.delete(pane);
    this.#hosts.forget(pane);
    if (this.#state) this.#set(paneFailed(this.#state, pane, sentence));
  }

  /** The pty host died: every shell is gone, every pane says so. */
  allGone(sentence: string): void {
    const { ledger, person } = this.#options;
    for (const [pane, { recording }] of this.#shells) {
      ledger({ action: 'pane.close', person, detail: { pane, recording, reason: 'pty-host-gone' } });
      if (this.#state) this.#state = paneFailed(this.#state, pane, sentence);
    }
    for (const pane of [...this.#shells.keys()]) this.#ended(pane);
    this.#hosts.forget();
    if (this.#state) this.#set(this.#state);
  }

  #set(state: State): void {
    this.#state = state;
    this.#options.lockAfter(state.client.options.session['lock-after-time']);
    this.#options.changed(toView(state));
    this.#options.keep(keep(state));
  }

  #apply(change: Change): void {
    this.#state = change.state;
    this.#options.lockAfter(change.state.client.options.session['lock-after-time']);
    // Spawns come after everything else has its place, so that a page knows a pane before its first byte.
    this.#options.changed(toView(change.state));
    this.#options.keep(keep(change.state));
    for (const effect of change.effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'spawn':
        return void this.#spawn(effect);
      case 'kill':
        this.#shells.delete(effect.pane);
        return this.#options.pty.kill(effect.pane);
      case 'resize':
        if (this.#shells.has(effect.pane)) this.#options.pty.resize(effect.pane, effect.cols, effect.rows);
        return;
      case 'client':
        return this.#options.client(effect.action);
      case 'crossing':
        return this.#crosses(effect);
      case 'source':
        return this.#source(effect.path);
      case 'lock':
        return this.#options.lock();
      case 'emergency':
        return this.#options.emergency(effect.what);
      case 'detach':
        return this.#options.detach();
      case 'empty':
        return;
    }
  }

  async #spawn(effect: Extract<Effect, { kind: 'spawn' }>): Promise<void> {
    const { pane, cols, rows } = effect;
    const { pty, owner, room, env, ledger, person } = this.#options;
    const command = effect.command.length > 0 ? [...effect.command] : [shellOf(env)];
    try {
      pty.start();
      const whose = await owner();
      const spawned = await pty.spawn({
        pane,
        ...whose,
        room: room(effect.class),
        command,
        cwd: effect.cwd ?? this.#folderOf(effect.cwdFrom),
        env: shellEnvironment(env),
        cols,
        rows,
      });
      this.#shells.set(pane, { ...spawned, started: this.#options.now() });
      ledger({ action: 'pane.open', person: whose.person, detail: { pane, recording: spawned.recording } });
      const host = this.#hosts.begun(pane, spawned.recording);
      if (host) ledger(host);
      if (!this.#state || !findPane(this.#state, pane)) return pty.kill(pane);
      this.#set(paneStarted(this.#state, pane, spawned.recording));
    } catch (error) {
      if (error instanceof Refusal && error.code === CLASS_ROOM) ledger({ action: 'pane.refused', person, detail: { pane, sessionClass: effect.class } });
      this.failed(pane, sentenceOf(error));
    }
  }

  /** Where a pane's shell is now, as Linux tells; the person's home where nobody tells. */
  #folderOf(pane: number | undefined): string {
    const pid = pane === undefined ? undefined : this.#shells.get(pane)?.pid;
    try {
      if (pid !== undefined) return processFolder(pid);
    } catch {
      // The shell is gone, or this is not Linux.
    }
    return this.#home;
  }
}

/** What shells get; the pty host takes out what is ours. */
function shellEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) out[name] = value;
  return { ...out, TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: env['LANG'] || 'C.UTF-8' };
}
