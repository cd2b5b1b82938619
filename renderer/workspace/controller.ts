/** What the workspace does: the core's events in, a person's keys and clicks out. Views call this; this writes the model. */
import { batch, effect } from '@preact/signals';
import type { Frame } from '../../src/bridge/frames.ts';
import type { ClientAction, StatusView, WorkspaceView } from '../../src/bridge/schema.ts';
import { Refused, type Bridge } from '../shared/bridge.ts';
import { cellSize } from '../shared/display.ts';
import { messages } from '../shared/messages.ts';
import { say } from '../shared/parts.tsx';
import { clock, count } from '../shared/text.ts';
import { copyText, lastCopy, onCopy } from './clipboard.ts';
import { CopyMode } from './copy-mode.ts';
import * as model from './model.ts';
import { needsQuestion, pasteText, reviewPaste, type PasteReview } from './paste.ts';
import { keyBytes } from './send-keys.ts';
import { TerminalView } from './terminal-view.ts';

const text = messages.workspace;
/** A toast goes after this; a refusal stays until it is read. */
const TOAST_MS = 6_000;
/** Banners: worst first, three at most. */
const BANNERS = 3;
/** The core wants to know at most once a second that somebody is there. */
const ACTIVITY_MS = 1_000;
/** Seconds at which the time until the lock is spoken. */
const SPOKEN = [60, 30, 10, 5];
/** What the core takes as a stage. */
const STAGE_LIMITS = { cols: [20, 1000], rows: [4, 500] } as const;

export class Controller {
  readonly bridge: Bridge;
  #copyMode: CopyMode | undefined;
  #notices = 0;
  #attached = false;
  #channel = false;
  #lastActivity = -Infinity;
  #lastMove = -Infinity;
  #statusAt = 0;
  #stage = '';
  #numbersTimer: number | undefined;
  #commandGiven: (done: Promise<void>) => void = () => {};
  /** Whether the lock will clear what was copied last. */
  #clearedAtLock: Promise<boolean> = Promise.resolve(false);

  constructor(bridge: Bridge) {
    this.bridge = bridge;
    bridge.on('view', (view) => this.#onView(view));
    bridge.on('status', (status) => this.#onStatus(status));
    bridge.on('notice', ({ level, sentence, pane }) => this.#onNotice(level, sentence, pane));
    bridge.on('standing', ({ about, fault }) => this.#onStanding(about, fault));
    bridge.on('client', (action) => this.#onClient(action));
    bridge.on('channel', ({ peer }) => {
      // The pty host's comes last: the core knows by then what each pane has to be rebuilt from.
      if (peer === 'pty') this.#channel = true;
      this.#attach();
    });
    bridge.on('welcome', ({ lastUnlock, failures }) => this.#welcome(lastUnlock, failures));
    onCopy(() => {
      this.#clearedAtLock = bridge.request('clipboard.copied', {}).then(
        ({ clearedAtLock }) => clearedAtLock,
        () => false,
      );
    });
    bridge.onFrame((frame) => this.#onFrame(frame));
    setInterval(() => this.#countDown(), 1000);
    // Only when one of these changes: a status each second must not take the focus from a button on the line.
    effect(() => {
      const free = !model.overlay.value && !model.warned.value && model.searching.value === undefined;
      if (model.activePaneId.value !== undefined && free) queueMicrotask(() => this.focusTerminal());
    });
  }

  // --- the core's side

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
    const key = `${size.cols}x${size.rows}`;
    if (key === this.#stage) return;
    this.#stage = key;
    void this.#ask(this.bridge.request('workspace.size', size));
  }

  terminal(pane: number): TerminalView {
    let terminal = model.terminals.get(pane);
    if (!terminal) {
      terminal = new TerminalView(pane, {
        input: (to, bytes) => void this.bridge.sendFrame('pty', { type: 'input', pane: to, bytes }),
        ack: (from, parsed) => void this.bridge.request('ack', { pane: from, parsed }).catch(() => {}),
        snapshot: (frame) => void this.bridge.sendFrame('pty', frame),
        notice: (sentence) => this.toast('ok', sentence),
      });
      model.terminals.set(pane, terminal);
    }
    return terminal;
  }

  #onView(view: WorkspaceView): void {
    const alive = new Set<number>();
    const restarted = new Set<number>();
    const ended = new Set(model.allPanes.value.flatMap(({ pane }) => (model.hasEnded(pane) ? pane.pane : [])));
    for (const window of view.windows)
      for (const pane of window.panes) {
        alive.add(pane.pane);
        const terminal = this.terminal(pane.pane);
        if (ended.has(pane.pane) && !model.hasEnded(pane)) {
          terminal.restart();
          restarted.add(pane.pane);
        }
        terminal.resize(pane.cols - 4, pane.rows - 1);
      }
    batch(() => {
      const gone = (pane: number | undefined): boolean => pane !== undefined && (!alive.has(pane) || restarted.has(pane));
      if (gone(model.copying.value?.pane)) this.#endCopyMode();
      if (gone(model.searching.value)) model.searching.value = undefined;
      model.view.value = view;
    });
    for (const [pane, terminal] of model.terminals)
      if (!alive.has(pane)) {
        terminal.dispose();
        model.terminals.delete(pane);
      }
    this.#attach();
  }

  #attach(): void {
    if (this.#attached || !this.#channel || !model.view.value) return;
    this.#attached = true;
    void this.#ask(this.bridge.request('workspace.attach', {}));
  }

  #onFrame(frame: Frame): Promise<void> | void {
    if (!('pane' in frame) || frame.type === 'input' || frame.type === 'snapshot') return;
    return this.terminal(frame.pane).receive(frame);
  }

  #onStatus(status: StatusView): void {
    this.#statusAt = performance.now();
    batch(() => {
      model.status.value = status;
      this.#setLockIn(status.lockIn);
    });
  }

  /** Between two statuses the page counts down by itself; the truth stays in the core. */
  #countDown(): void {
    const status = model.status.value;
    if (status) this.#setLockIn(Math.max(0, status.lockIn - Math.floor((performance.now() - this.#statusAt) / 1000)));
  }

  #setLockIn(seconds: number): void {
    const before = model.lockIn.value;
    model.lockIn.value = seconds;
    const spoken = SPOKEN.find((at) => before > at && seconds <= at);
    if (spoken !== undefined) say(messages.line.locksInSpoken(spoken), true);
  }

  #onClient(action: ClientAction): void {
    switch (action.action) {
      case 'copy-mode':
        return this.copyMode(action.pane, action.pageUp === true);
      case 'search':
        return this.search(action.pane);
      case 'paste':
        return void this.pasteOwn(action.pane);
      case 'menu':
      case 'export':
        model.overlay.value = { kind: action.action, pane: action.pane };
        return;
      case 'verify':
        return void this.verify(action.pane);
      case 'display-panes':
        return this.showNumbers();
      case 'list-keys':
        model.overlay.value = { kind: 'keys' };
        return;
      case 'command-prompt':
        model.overlay.value = { kind: 'prompt', prompt: action.prompt, initial: action.initial, template: action.template };
        return;
      case 'confirm':
        model.overlay.value = { kind: 'confirm', prompt: action.prompt, command: action.command };
        return;
      case 'message':
        this.toast('ok', action.text);
        return;
      case 'send-keys': {
        const terminal = this.terminal(action.pane);
        const application = terminal.terminal.modes.applicationCursorKeysMode;
        return terminal.type(action.literal ? action.keys.join('') : action.keys.map((key) => keyBytes(key, application)).join(''));
      }
    }
  }

  #onNotice(level: 'ok' | 'warn' | 'stop', sentence: string, pane: number | undefined): void {
    const number = model.allPanes.value.find((entry) => entry.pane.pane === pane)?.pane.number;
    const whole = number === undefined ? sentence : text.aboutPane(number, sentence);
    if (level === 'ok') this.toast(level, whole);
    else this.banner(level, whole);
  }

  #welcome(lastUnlock: string | null, failures: number): void {
    const parts = [lastUnlock ? text.welcomeLast(clock(new Date(lastUnlock))) : text.welcomeFirst];
    if (failures > 0) parts.push(text.welcomeFailures(failures));
    if (failures > 0) this.banner('warn', text.welcome, parts.join(' '));
    else this.toast('ok', text.welcome, parts.join(' '));
  }

  /** Runs a command line of tmux's syntax where the person is, or in `pane`. */
  command(line: string, pane = model.activePane.value?.pane): Promise<void> {
    const done = this.#command(line, pane);
    this.#commandGiven(done);
    return done;
  }

  /** Tells of every command that is given, with a promise that resolves when it is done. */
  onCommand(listener: (done: Promise<void>) => void): void {
    this.#commandGiven = listener;
  }

  async #command(line: string, pane: number | undefined): Promise<void> {
    const answer = await this.#ask(this.bridge.request('command', pane === undefined ? { line } : { line, pane }));
    if (answer?.message) this.toast('ok', answer.message);
  }

  lock(): void {
    void this.#ask(this.bridge.request('lock', {}));
  }

  async verify(pane: number): Promise<void> {
    const busy = this.toast('ok', messages.verify.busy);
    const result = await this.#ask(this.bridge.request('verify.pane', { pane }));
    this.dismiss(busy);
    if (result?.good) this.toast('ok', result.sentence);
    else if (result) this.toast('stop', messages.verify.bad, result.sentence);
  }

  /** Waits for an answer; a refusal becomes a toast that stays until read. */
  async #ask<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      this.toast('stop', error instanceof Refused ? error.message : messages.bridge.failed);
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
    this.#endCopyMode();
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
    this.#copyMode = new CopyMode(this.terminal(pane).terminal);
    if (pageUp) this.#copyMode.key('PPage');
    this.#drawCopyMode(pane);
    this.focusTerminal();
  }

  /** A key in copy mode. True when it was taken; no key of copy mode reaches the shell. */
  copyKey(name: string): boolean {
    const state = model.copying.value;
    if (!state || !this.#copyMode || model.activePane.value?.pane !== state.pane) return false;
    const outcome = this.#copyMode.key(name);
    if (outcome?.copy !== undefined) this.copied(outcome.copy);
    if (outcome?.done) this.#endCopyMode();
    else if (outcome?.search === 'open') this.search(state.pane);
    else if (outcome?.search) this.find(state.pane, this.#lastSearch, outcome.search === 'older', this.#caseSensitive);
    if (model.copying.value) this.#drawCopyMode(state.pane);
    return true;
  }

  #drawCopyMode(pane: number): void {
    if (!this.#copyMode) return;
    const { column, row } = this.#copyMode.cursor;
    model.copying.value = { pane, column, row, selecting: this.#copyMode.selecting };
  }

  #endCopyMode(): void {
    this.#copyMode = undefined;
    model.copying.value = undefined;
  }

  copied(selected: string): void {
    if (!copyText(selected)) return void this.toast('warn', text.notCopied);
    const sentence = text.copied(count(new TextEncoder().encode(selected).length));
    void this.#clearedAtLock.then((cleared) => this.toast('ok', sentence, cleared ? text.copiedNote : text.copiedStays));
  }

  /** Ctrl-shift-c. */
  copySelection(pane: number): void {
    const selected = this.terminal(pane).terminal.getSelection();
    if (!selected) return void this.toast('ok', text.nothingSelected);
    this.copied(selected);
    if (!model.copying.value) this.terminal(pane).terminal.clearSelection();
  }

  /** The last copy of this workspace, else the clipboard where the browser lets us read it. */
  async pasteOwn(pane: number): Promise<void> {
    const own = lastCopy() || (await navigator.clipboard?.readText().catch(() => '')) || '';
    if (own) this.paste(pane, own);
    else this.toast('ok', text.nothingToPaste);
  }

  /** Every paste comes through here: filtered, and asked about when it is more than one plain line. */
  paste(pane: number, raw: string): void {
    const review = reviewPaste(raw);
    if (!review.text && review.removed === 0) return;
    if (needsQuestion(raw, review)) model.overlay.value = { kind: 'paste', pane, review };
    else this.sendPaste(pane, review.text);
  }

  sendPaste(pane: number, filtered: string): void {
    const terminal = this.terminal(pane);
    terminal.type(pasteText(filtered, terminal.terminal.modes.bracketedPasteMode));
  }

  takesPasteWhole(pane: number): boolean {
    return this.terminal(pane).terminal.modes.bracketedPasteMode;
  }

  answerPaste(pane: number, review: PasteReview, answer: 'no' | 'as-is' | 'without-last'): void {
    model.overlay.value = undefined;
    if (answer === 'as-is') this.sendPaste(pane, review.text);
    if (answer === 'without-last') this.sendPaste(pane, review.text.replace(/[\r\n]+$/, ''));
  }

  #lastSearch = '';
  #caseSensitive = false;

  search(pane: number): void {
    model.searching.value = pane;
  }

  find(pane: number, term: string, older: boolean, caseSensitive: boolean, incremental = false): void {
    this.#lastSearch = term;
    this.#caseSensitive = caseSensitive;
    if (!term && !incremental) return;
    this.terminal(pane).find(term, older, { caseSensitive, incremental });
    if (model.copying.value?.pane === pane) {
      this.#copyMode?.follow();
      this.#drawCopyMode(pane);
    }
  }

  /** Leaves the search; inside copy mode the view stays at the hit. */
  leaveSearch(pane: number): void {
    model.searching.value = undefined;
    const terminal = model.terminals.get(pane);
    terminal?.clearSearch();
    if (!model.copying.value) terminal?.terminal.scrollToBottom();
    this.focusTerminal();
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

  toggleReader(pane: number): void {
    const { options } = this.terminal(pane).terminal;
    options.screenReaderMode = !options.screenReaderMode;
    this.toast('ok', options.screenReaderMode ? messages.menu.readerOn : messages.menu.readerOff);
  }

  // --- notices

  toast(level: 'ok' | 'warn' | 'stop', sentence: string, note?: string): number {
    const id = ++this.#notices;
    model.toasts.value = [...model.toasts.value.slice(-2), { id, level, sentence: model.withPrefix(sentence), ...(note ? { note } : {}) }];
    say(note ? `${sentence} ${note}` : sentence, level === 'stop');
    if (level !== 'stop') setTimeout(() => this.dismiss(id), TOAST_MS);
    return id;
  }

  #onStanding(about: string, fault: { readonly level: 'warn' | 'stop'; readonly sentence: string } | null): void {
    model.banners.value = model.banners.value.filter((banner) => banner.about !== about);
    if (fault) this.banner(fault.level, fault.sentence, undefined, about);
  }

  banner(level: 'warn' | 'stop', sentence: string, note?: string, about?: string): void {
    const others = model.banners.value.filter((banner) => banner.sentence !== sentence);
    const all = [...others, { id: ++this.#notices, level, sentence, ...(note ? { note } : {}), ...(about ? { about } : {}) }];
    model.banners.value = all.sort((a, b) => Number(b.level === 'stop') - Number(a.level === 'stop') || b.id - a.id).slice(0, BANNERS);
    say(note ? `${sentence} ${note}` : sentence, level === 'stop');
  }

  dismiss(id: number): void {
    model.toasts.value = model.toasts.value.filter((notice) => notice.id !== id);
    model.banners.value = model.banners.value.filter((notice) => notice.id !== id);
  }

  /** Prefix esc: the newest toast, else the first banner. */
  dismissNext(): void {
    const next = model.toasts.value.at(-1) ?? model.banners.value[0];
    if (next) this.dismiss(next.id);
  }
}
