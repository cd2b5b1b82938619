/**
 * What the workspace does: the core's events in, a person's keys and clicks out. Views call this; this writes the model.
 * Over 400 lines: what came of the core's events, and when the page may act on it, is one state.
 */
import { batch, effect } from '@preact/signals';
import { notPermitted } from '../../src/access/index.ts';
import type { ReviewFrame, ViewFrame } from '../../src/bridge/frames.ts';
import type { Events, StatusView } from '../../src/bridge/schema.ts';
import type { ClientAction, WorkspaceView } from '../../src/types/workspace-view.ts';
import type { GivenReasonWord } from '../../src/types/words.ts';
import { commandNeeds } from '../../src/mux/commands/run.ts';
import type { Bridge } from '../shared/bridge.ts';
import { cellSize } from '../shared/cell.ts';
import { messages } from '../shared/messages.ts';
import { say } from '../shared/say.ts';
import { moment } from '../shared/text.ts';
import { alert, viewed } from './alerts.ts';
import { Broadcast } from './broadcast.ts';
import { Copying } from './copying.ts';
import { nextChange } from './countdown.ts';
import { Finding } from './find.ts';
import * as model from './model.ts';
import { Notices } from './notices.ts';
import { TextOrigins } from './origins.ts';
import { Pasting } from './pasting.ts';
import { keyBytes } from './send-keys.ts';
import type { TerminalPort, TerminalView } from './terminal-view.ts';
import { refusalWords } from '../shared/refusal-words.ts';

const text = messages.workspace;
/** The core wants to know at most once a second that somebody is there. */
const ACTIVITY_MS = 1_000;
/** Seconds at which the time until the lock is spoken. */
const SPOKEN = [60, 30, 10, 5];
/** Lines of an answer that a toast has room for. */
const TOAST_LINES = 8;
/** What the core takes as a stage. */
const STAGE_LIMITS = { cols: [20, 1000], rows: [4, 500] } as const;

type DisplayChange = Extract<ClientAction, { action: 'display' }>;

export class Controller {
  readonly bridge: Bridge;
  readonly notices = new Notices();
  readonly copying: Copying;
  readonly finding: Finding;
  readonly pasting: Pasting;
  readonly broadcast: Broadcast;
  /** What the page carries out itself: the compiler says when an action of the table is missing. */
  readonly #clientActions: { readonly [A in ClientAction['action']]: (action: Extract<ClientAction, { readonly action: A }>) => void } = {
    'copy-mode': ({ pane, pageUp }) => this.copyMode(pane, pageUp === true),
    search: ({ pane }) => this.finding.open(pane),
    paste: (action) => void this.pasting.own(action),
    buffer: (action) => this.copying.buffer(action),
    synchronize: ({ on }) => this.broadcast.set(on),
    redraw: () => this.#redraw(),
    clock: ({ pane }) => void (model.clock.value = pane),
    verify: ({ pane }) => void this.verify(pane),
    'display-panes': () => this.showNumbers(),
    open: ({ action: _, band, ...about }) => void (model.band.value = { name: band, ...about }),
    display: (change) => this.#display(change),
    message: ({ text }) => void this.notices.toast('note', text),
    'send-keys': ({ pane, keys, literal }) => {
      const terminal = this.terminal(pane);
      const application = terminal.terminal.modes.applicationCursorKeysMode;
      terminal.type(literal ? keys.join('') : keys.map((key) => keyBytes(key, application)).join(''));
    },
  };
  readonly #newTerminal: (pane: number, port: TerminalPort) => TerminalView;
  #attached = false;
  #channel = false;
  #isDrawn = false;
  #feed!: () => void;
  /** The page stands, and each emulator in its place: what the panes were sent before that has waited. */
  readonly #fed = new Promise<void>((resolve) => (this.#feed = resolve));
  #lastActivity = -Infinity;
  #lastMove = -Infinity;
  #statusAt = 0;
  #countTimer: ReturnType<typeof setTimeout> | undefined;
  #stage: { readonly cols: number; readonly rows: number } | undefined;
  /** As the core was told of it last. */
  #toldStage = '';
  #numbersTimer: number | undefined;
  #commandGiven: (done: Promise<void>) => void = () => {};
  #display: (change: DisplayChange) => void = () => {};
  #review: (frame: ReviewFrame) => void = () => {};

  constructor(bridge: Bridge, newTerminal: (pane: number, port: TerminalPort) => TerminalView) {
    this.bridge = bridge;
    this.#newTerminal = newTerminal;
    const terminal = (pane: number): TerminalView => this.terminal(pane);
    const origins = new TextOrigins(bridge);
    this.copying = new Copying(terminal, this.notices, origins, () => bridge.request('clipboard.copied', {}));
    this.finding = new Finding(terminal, this.copying, () => this.focusTerminal());
    this.broadcast = new Broadcast(terminal, this.notices, (panes) => void bridge.request('synchronized', { panes }).catch(() => {}));
    this.pasting = new Pasting(terminal, this.notices, origins, this.broadcast, (done) => this.#commandGiven(done));
    bridge.on('view', (view) => this.#onView(view));
    bridge.on('status', (status) => this.#onStatus(status));
    bridge.on('notice', (notice) => this.#onNotice(notice));
    bridge.on('lasting', ({ about, fault }) => this.notices.lasting(about, fault));
    bridge.on('consent', (consent) => this.#onConsent(consent));
    bridge.on('reason', (reason) => this.#onReason(reason));
    bridge.on('client', (action) => this.#clientActions[action.action](action as never));
    bridge.on('channel', ({ peer, seen = [] }) => {
      for (const { pane, bytes } of seen) this.terminal(pane).seenTo(bytes);
      // The pty host's comes last: the core knows by then what each pane has to be rebuilt from.
      if (peer === 'pty') this.#channel = true;
      this.#attach();
    });
    bridge.on('welcome', ({ lastUnlock, failures }) => this.#welcome(lastUnlock, failures));
    bridge.onFrame((frame) => this.#onFrame(frame));
    // Only when one of these changes: a new status must not take the focus from a button on the line.
    effect(() => {
      const free = !model.band.value && !model.consent.value && !model.reason.value && !model.warned.value && model.searching.value === undefined;
      // A turn later: a band that closes gives the focus back to what had it, which may be another pane by now.
      if (model.activePaneId.value !== undefined && free) setTimeout(() => this.focusTerminal());
    });
  }

  // --- the core's side

  /** The page stands: from here on emulators are fed. */
  drawn(): void {
    this.#isDrawn = true;
    this.#attach();
  }

  /** The cell changed: the same stage holds another number of them. */
  measure(): void {
    const stage = document.querySelector('.stage');
    if (stage) this.stage(stage.clientWidth, stage.clientHeight);
  }

  /** The stage as it is, in cells. The core lays out in it. */
  stage(width: number, height: number): void {
    const { c, r } = cellSize();
    const clamp = (value: number, [low, high]: readonly [number, number]): number => Math.max(low, Math.min(high, Math.floor(value + 0.01)));
    const size = { cols: clamp(width / c, STAGE_LIMITS.cols), rows: clamp(height / r, STAGE_LIMITS.rows) };
    this.#stage = size;
    this.#tellStage();
  }

  /** Only where something would be laid out in it: whoever opens no shells here is refused, and that would be an event. */
  #tellStage(): void {
    const size = this.#stage;
    if (!size || !model.status.value || !model.permits('session.use')) return;
    const key = `${size.cols}x${size.rows}`;
    if (key === this.#toldStage) return;
    this.#toldStage = key;
    void this.#ask(this.bridge.request('workspace.size', size));
  }

  #onConsent(consent: Events['consent']): void {
    const accepted = model.consent.value !== undefined && consent === null;
    model.consent.value = consent ?? undefined;
    if (accepted) this.#sizeAgain();
  }

  #onReason(reason: Events['reason']): void {
    const given = model.reason.value !== undefined && reason === null;
    model.reason.value = reason ?? undefined;
    if (given) this.#sizeAgain();
  }

  /** The core did not take the size before: no pane was to be opened. */
  #sizeAgain(): void {
    this.#toldStage = '';
    this.measure();
  }

  /** Why they have come in. @throws Refused */
  async giveReason(reason: GivenReasonWord, ticket: string | null): Promise<void> {
    await this.bridge.request('reason.give', { reason, ticket });
  }

  /** The person has read the policy's text. */
  async accept(version: number): Promise<void> {
    await this.#ask(this.bridge.request('consent.accept', { version }));
  }

  terminal(pane: number): TerminalView {
    let terminal = model.terminals.get(pane);
    if (!terminal) {
      terminal = this.#newTerminal(pane, {
        input: (to, bytes) => void this.bridge.sendFrame('pty', { type: 'input', pane: to, bytes }),
        typed: (from, data) => this.broadcast.typed(from, data),
        ack: (from, parsed) => void this.bridge.request('ack', { pane: from, parsed }).catch(() => {}),
        snapshot: (frame) => void this.bridge.sendFrame('pty', frame),
        alert: (from, what) => alert(from, what, () => void this.bridge.request('alert', { pane: from, what }).catch(() => {})),
        notice: (sentence) => this.notices.toast('nothing', sentence),
      });
      model.terminals.set(pane, terminal);
    }
    return terminal;
  }

  #onView(view: WorkspaceView): void {
    const alive = new Set<number>();
    const restarted = new Set<number>();
    const ended = new Set(model.allPanes.value.flatMap(({ pane }) => (model.hasEnded(pane) ? pane.pane : [])));
    for (const window of [...view.windows, ...view.elsewhere])
      for (const pane of window.panes) {
        alive.add(pane.pane);
        const terminal = this.terminal(pane.pane);
        if (ended.has(pane.pane) && !model.hasEnded(pane)) {
          terminal.restart();
          restarted.add(pane.pane);
        }
        terminal.runs(pane.program);
        terminal.resize(pane.cols - 4, pane.rows - 1);
      }
    batch(() => {
      const gone = (pane: number | undefined): boolean => pane !== undefined && (!alive.has(pane) || restarted.has(pane));
      if (gone(model.copying.value?.pane)) this.copying.leave();
      if (gone(model.searching.value)) model.searching.value = undefined;
      if (gone(model.clock.value)) model.clock.value = undefined;
      model.view.value = view;
      this.broadcast.check(view);
      viewed();
    });
    for (const [pane, terminal] of model.terminals)
      if (!alive.has(pane)) {
        terminal.dispose();
        model.terminals.delete(pane);
      }
    this.#attach();
  }

  #attach(): void {
    if (this.#attached || !this.#channel || !this.#isDrawn || !model.view.value) return;
    this.#attached = true;
    this.#feed();
    void this.#ask(this.bridge.request('workspace.attach', {}));
  }

  #onFrame(frame: ViewFrame): Promise<void> | void {
    if (frame.type === 'review') return this.#review(frame);
    if (!('pane' in frame) || frame.type === 'input' || frame.type === 'query' || frame.type === 'snapshot') return;
    const { pane } = frame;
    return this.#attached ? this.terminal(pane).receive(frame) : this.#fed.then(() => this.terminal(pane).receive(frame));
  }

  #onStatus(status: StatusView): void {
    this.#statusAt = performance.now();
    batch(() => {
      model.status.value = status;
      this.#countDown(status);
    });
    this.#tellStage();
  }

  /** Between two statuses the page counts down by itself, and looks when there is something else to show; the truth stays in the core. */
  #countDown(status: StatusView): void {
    const past = Math.floor((performance.now() - this.#statusAt) / 1000);
    const seconds = Math.max(0, status.lockIn - past);
    const ends = Math.max(0, (status.emergency?.left ?? 0) - past);
    batch(() => {
      this.#setLockIn(seconds);
      model.endsIn.value = ends;
    });
    const next = Math.min(nextChange(seconds), ends > 0 ? nextChange(ends) : Infinity);
    clearTimeout(this.#countTimer);
    this.#countTimer = setTimeout(() => this.#countDown(status), this.#statusAt + (past + next) * 1000 - performance.now());
  }

  #setLockIn(seconds: number): void {
    const before = model.lockIn.value;
    model.lockIn.value = seconds;
    const spoken = SPOKEN.find((at) => before > at && seconds <= at);
    if (spoken !== undefined) say(messages.line.locksInSpoken(spoken), true);
  }

  #onNotice({ level, sentence, pane, more = [] }: Events['notice']): void {
    const number = model.allPanes.value.find((entry) => entry.pane.pane === pane)?.pane.number;
    const whole = number === undefined ? sentence : text.aboutPane(number, sentence);
    if (level === 'ok' || level === 'note') this.notices.toast(level, whole);
    else this.notices.banner(level, whole, more.length > 0 ? text.more : undefined);
    for (const detail of more) this.notices.remember(level, detail);
  }

  #welcome(lastUnlock: string | null, failures: number): void {
    const heading = lastUnlock ? text.welcome : text.welcomeNew;
    const last = lastUnlock ? [text.welcomeLast(moment(new Date(lastUnlock)))] : [];
    // The failures stay until they are read, over the panes: a row of their own would give every program another size, twice.
    if (failures > 0) this.notices.toast('warn', `${heading} ${text.welcomeFailures(failures)}`, last[0]);
    else this.notices.toast('note', heading, lastUnlock ? last[0] : text.welcomeFirst);
  }

  /**
   * Runs a command line of tmux's syntax where the person is, or in `pane`; why it was refused becomes a toast.
   * @param from what the action came with that opened what the line comes of: main counts the line as of those classes too
   */
  command(line: string, pane = model.activePane.value?.pane, from?: readonly string[]): Promise<void> {
    const toast = (refusal: string | undefined): void => {
      if (refusal !== undefined) this.notices.toast('nothing', refusal);
    };
    return this.tryCommand(line, toast, pane, from);
  }

  /** As `command`, for who says a refusal in a place of their own: `then` gets why, before keys that waited go anywhere. */
  tryCommand(line: string, then: (refusal: string | undefined) => void, pane = model.activePane.value?.pane, from: readonly string[] = []): Promise<void> {
    const done = this.#tryCommand(line, pane, from).then(then);
    this.#commandGiven(done);
    return done;
  }

  /** Tells of every command that is given, with a promise that resolves when it is done. */
  onCommand(listener: (done: Promise<void>) => void): void {
    this.#commandGiven = listener;
  }

  /** Takes what the vault tells of recordings. @returns what ends it */
  onReview(listener: (frame: ReviewFrame) => void): () => void {
    this.#review = listener;
    return () => {
      if (this.#review === listener) this.#review = () => {};
    };
  }

  /** Tells of every change of text size and theme that is asked for. */
  onDisplay(listener: (change: DisplayChange) => void): void {
    this.#display = listener;
  }

  async #tryCommand(line: string, pane: number | undefined, from: readonly string[]): Promise<string | undefined> {
    const needs = commandNeeds(line).find((each) => !model.permits(each));
    if (needs !== undefined) return notPermitted(needs);
    const where = { ...(pane === undefined ? {} : { pane }), ...(from.length > 0 ? { from } : {}) };
    const answer = await this.#ask(this.bridge.request('command', { line, ...where }));
    if (answer?.refused) return answer.message ?? messages.bridge.failed;
    if (answer?.message) this.#answered(answer.message);
    return undefined;
  }

  /** What a command has answered: a list that is longer than a toast stands where all that was said can be read again. */
  #answered(sentence: string): void {
    if (sentence.split('\n').length <= TOAST_LINES) return void this.notices.toast('note', sentence);
    this.notices.remember('note', sentence);
    model.band.value = { name: 'messages' };
  }

  lock(): void {
    void this.#ask(this.bridge.request('lock', {}));
  }

  async verify(pane: number): Promise<void> {
    const busy = this.notices.toast('wait', messages.verify.busy);
    const result = await this.#ask(this.bridge.request('verify.pane', { pane }));
    this.notices.dismiss(busy);
    if (result?.good) this.notices.toast('ok', result.sentence);
    else if (result) this.notices.toast('stop', messages.verify.bad, result.sentence);
  }

  /** Waits for an answer; a refusal becomes a toast that stays until read. */
  async #ask<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      this.notices.toast('stop', refusalWords(error));
      return undefined;
    }
  }

  // --- what a person does

  /** Somebody is here. Keys and clicks extend the time until the lock; movement only once, and never in place of a key. */
  active(kind: 'key' | 'pointer' | 'move'): void {
    const now = performance.now();
    const last = kind === 'move' ? Math.max(this.#lastMove, this.#lastActivity) : this.#lastActivity;
    if (now - last < ACTIVITY_MS) return;
    if (kind === 'move') this.#lastMove = now;
    else this.#lastActivity = now;
    void this.bridge.request('activity', { kind }).catch(() => {});
  }

  /** Answers the idle warning, however short ago the last activity was told. */
  keepOpen(): void {
    this.#lastActivity = -Infinity;
    this.active('key');
    if (model.status.value) model.status.value = { ...model.status.value, warning: false };
  }

  /** The text goes: no terminal is left, and no view. */
  end(): void {
    this.copying.leave();
    for (const terminal of model.terminals.values()) terminal.dispose();
    model.terminals.clear();
    model.view.value = undefined;
  }

  focusTerminal(): void {
    if (document.querySelector('dialog[open]') || model.searching.value !== undefined) return;
    const active = model.activePane.value;
    if (active) model.terminals.get(active.pane)?.focus();
  }

  select(pane: number): void {
    if (model.activePane.value?.pane !== pane) void this.command('select-pane', pane);
  }

  copyMode(pane: number, pageUp = false): void {
    this.copying.enter(pane, { pageUp });
    this.focusTerminal();
  }

  /** A key in copy mode. True when it was taken. */
  copyKey(name: string): boolean {
    return this.copying.key(name, (pane, { search, count = 1, term }) => {
      if (search === 'again' || search === 'reverse') this.finding.again(pane, search === 'reverse', count);
      else if (term !== undefined) this.finding.word(pane, term, search === 'older', count);
      else this.finding.open(pane, search === 'older');
    });
  }

  showNumbers(): void {
    clearTimeout(this.#numbersTimer);
    model.paneNumbers.value = true;
    this.#numbersTimer = setTimeout(() => (model.paneNumbers.value = false), model.options.value['display-panes-time']) as unknown as number;
  }

  /** A digit while the numbers are shown. True when it named a pane. */
  jump(key: string): boolean {
    if (!model.paneNumbers.value) return false;
    model.paneNumbers.value = false;
    const target = model.activeWindow.value?.panes.find((pane) => String(pane.number) === key);
    if (!target) return false;
    void this.command('select-pane', target.pane);
    return true;
  }

  /** refresh-client: sizes are taken and every line is drawn anew. */
  #redraw(): void {
    this.measure();
    for (const { terminal } of model.terminals.values()) terminal.refresh(0, terminal.rows - 1);
  }

  toggleReader(pane: number): void {
    const { options } = this.terminal(pane).terminal;
    options.screenReaderMode = !options.screenReaderMode;
    this.notices.toast('note', options.screenReaderMode ? messages.menu.readerOn : messages.menu.readerOff);
  }
}
