/**
 * The one owner of a pane's emulator. Made once for a pane and never remounted; everything else talks to this. Over 400 lines, because
 * whatever the emulator tells comes in here, and nowhere else.
 */
import { type ISearchOptions, SearchAddon } from '@xterm/addon-search';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { signal } from '@preact/signals';
import { scrollbackLines, type ViewFrame } from '../../src/bridge/frames.ts';
import type { Point, Wanted } from '../../src/mux/copy/grid.ts';
import { Modes } from '../../src/terminal/modes.ts';
import { resizeTerminal } from '../../src/terminal/resize.ts';
import { serializeTerminal } from '../../src/terminal/serialize.ts';
import { textBytes } from '../shared/bytes.ts';
import { cellSize } from '../shared/cell.ts';
import { messages } from '../shared/messages.ts';
import { size, tame } from '../shared/text.ts';
import { mendContrast } from './contrast.ts';
import { guardEmulator, isInSequence } from '../../src/terminal/emulator-guard.ts';
import { frameBudget } from './frame-budget.ts';
import { PaneFeed, type FeedEvents, type Screen } from './feed.ts';
import { forgetSelection } from './forget-selection.ts';
import { quietView } from './quiet-view.ts';
import { restrictReplies } from './replies.ts';
import { settleView } from './settle-view.ts';
import { showCursor } from './show-cursor.ts';
import { PromptMarks } from './prompt-marks.ts';
import { SnapshotPace } from './snapshot-pace.ts';
import { ProgramTitles } from './titles.ts';
import { joinScrollback, leaveScrollback } from './scrollback.ts';
import { advance, fontFamily, readPalette, tuneCell, type Palette } from './theme.ts';

/**
 * Acknowledged in steps of this, a fourth of what a pty goes on after (src/pty/host.ts): less than a step may stay open, for
 * it stops nobody. One for every frame would cost each echo a request, and a refused one too many could stop a pane.
 */
const ACK_BYTES = 256 * 1024;
/** A pane that is rebuilt out of more of them writes its screen down anew: reading one takes some 2 ms. */
const SEGMENTS_WITHOUT_SNAPSHOT = 8;
/** Lines above the screen that a snapshot holds; serialising 1,000 x 80 takes 15 to 43 ms. */
const SNAPSHOT_LINES = 2_000;
/** A record's body ends at 1 MiB; a snapshot with its frame stays well below. */
const SNAPSHOT_BYTES = 900 * 1024;
const focusReports: ReadonlySet<string> = new Set(['\x1b[I', '\x1b[O']);
/** A screen smaller than this confuses programs more than a cut edge does. */
const SMALLEST = { cols: 2, rows: 1 };

export interface TerminalPort {
  /** Keys, mouse reports, pastes and the few allowed replies, to the shell. */
  input(pane: number, bytes: Uint8Array): void;
  /** Somebody has typed it; the pane gets it as input too. */
  typed(pane: number, data: string): void;
  ack(pane: number, parsed: number): void;
  snapshot(frame: Extract<ViewFrame, { type: 'snapshot' | 'screen' }>): void;
  /** Live output only: the program printed, or rang. */
  alert(pane: number, what: 'activity' | 'bell'): void;
  /** A link was clicked or a notice is due. Nothing is opened. */
  notice(sentence: string): void;
}

let palette: Palette | undefined;
const all = new Set<{ refresh(): void }>();

/** Colours, cell or number of panes changed. */
export function refreshTerminals(): void {
  palette = undefined;
  for (const view of all) view.refresh();
}

/** Another emulator is told so too. @returns what ends it */
export function refreshToo(emulator: { refresh(): void }): () => void {
  all.add(emulator);
  return () => void all.delete(emulator);
}

function searchOptions({ caseSensitive }: Wanted): ISearchOptions {
  palette ??= readPalette();
  const { hit, current } = palette;
  return {
    caseSensitive,
    decorations: { matchBackground: hit, matchOverviewRuler: hit, activeMatchBackground: current, activeMatchColorOverviewRuler: current },
  };
}

export class TerminalView {
  readonly pane: number;
  readonly terminal: Terminal;
  /** What the shell calls itself (OSC 0/2). Shown, never sent anywhere. */
  readonly title = signal('');
  /** Titles by the program that set them: each goes with its program, and comes back with it. */
  #titles = new ProgramTitles();
  /** A sentence about what is not on this screen. */
  readonly skipped = signal('');
  readonly replaying = signal(false);
  /** Lines between the bottom and what is shown. */
  readonly linesBack = signal(0);
  /** Row of the viewport where the program's cursor is. */
  readonly cursorRow = signal(0);
  readonly found = signal<{ readonly index: number; readonly count: number } | undefined>(undefined);
  readonly linkTarget = signal('');
  readonly #port: TerminalPort;
  readonly #search = new SearchAddon({ highlightLimit: 1000 });
  /** The words whose hits are marked. */
  #term = '';
  readonly #prompts: PromptMarks;
  /** Follows what the emulator parses, and says what of it the emulator does not keep. */
  #modes = new Modes();
  readonly #pace: SnapshotPace;
  #feed: PaneFeed;
  /** What the program before has left: on the screen until this one prints, in the emulator until that is reset, or nothing. */
  #left: 'nothing' | 'on the screen' | 'in the emulator' = 'nothing';
  /** Keys typed while the recording is played back: they wait until the screen is true. */
  #typedAhead: Uint8Array[] = [];
  #wanted: { cols: number; rows: number } | undefined;
  /** What was resized and has not been drawn since; and whether it showed its end then, and goes on showing it. */
  #undrawn: 'nothing' | 'back' | 'at its end' = 'nothing';
  #parsed = 0;
  #acked = 0;
  /** Output bytes from which on the screen is true, where output was left out. */
  #settled = 0;

  constructor(pane: number, port: TerminalPort) {
    this.pane = pane;
    this.#port = port;
    palette ??= readPalette();
    const { c } = cellSize();
    this.terminal = new Terminal({
      allowProposedApi: true,
      allowTransparency: true,
      cols: 80,
      rows: 24,
      cursorBlink: false,
      cursorInactiveStyle: 'outline',
      cursorStyle: 'block',
      fontFamily,
      fontSize: c / advance,
      fontWeight: 400,
      fontWeightBold: 600,
      linkHandler: {
        activate: (_, text) => this.#port.notice(messages.workspace.linkNotOpened(tame(text, 300))),
        hover: (_, text) => (this.linkTarget.value = tame(text, 120)),
        leave: () => (this.linkTarget.value = ''),
        allowNonHttpProtocols: true,
      },
      logLevel: 'off',
      minimumContrastRatio: 4.5,
      scrollback: scrollbackLines,
      theme: palette.theme,
      windowOptions: {},
    });
    const { terminal } = this;
    terminal.loadAddon(this.#search);
    terminal.loadAddon(new UnicodeGraphemesAddon());
    this.#prompts = new PromptMarks(terminal);
    guardEmulator(terminal, () => (this.skipped.value = messages.workspace.notShown));
    restrictReplies(terminal, (text) => {
      if (this.#feed.live && this.#left === 'nothing') this.#port.input(pane, textBytes(text));
    });
    this.#feed = this.#newFeed(false);
    this.#pace = new SnapshotPace({
      now: () => performance.now(),
      later: (run, ms) => setTimeout(run, ms) as unknown as number,
      cancel: (id) => clearTimeout(id),
      take: () => this.#snapshot(),
    });
    terminal.onData((data) => {
      // Mode 1004 reports the focus as soon as it is set: not where the recording sets it.
      if (this.#feed.replaying && focusReports.has(data)) return;
      this.#typed(textBytes(data));
      this.#port.typed(pane, data);
    });
    terminal.onBinary((data) => this.#typed(Uint8Array.from(data, (char) => char.charCodeAt(0))));
    terminal.onBell(() => {
      if (this.#feed.live || this.#feed.unseen) this.#port.alert(pane, 'bell');
    });
    terminal.onTitleChange((title) => {
      if (this.#left === 'nothing') this.title.value = this.#titles.set(tame(title), performance.now());
    });
    // Not at every line feed: what is not drawn needs no count.
    terminal.onRender(() => this.#drawn());
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) => (this.found.value = { index: resultIndex, count: resultCount }));
    all.add(this);
    joinScrollback(terminal);
  }

  /** Opens the emulator in its place, once. */
  open(parent: HTMLElement): void {
    if (this.terminal.element) return;
    this.terminal.open(parent);
    const now = (): Palette => (palette ??= readPalette());
    mendContrast(
      this.terminal,
      () => now().grounds,
      () => now().unpainted,
    );
    tuneCell(this.terminal);
    forgetSelection(this.terminal);
    showCursor(this.terminal);
    quietView(
      this.terminal,
      () => frameBudget?.flooded() === true,
      () => this.#feed.replaying,
    );
    parent.addEventListener('scroll', () => this.#onScroll(), true);
  }

  /** A frame from the pty host or the vault host. The promise holds the sender back. */
  receive(frame: ViewFrame): Promise<void> | void {
    const taken = this.#feed.receive(frame);
    if (frame.type === 'end' && frame.offset > this.#feed.seen) this.#port.alert(this.pane, 'activity');
    this.replaying.value = this.#feed.replaying;
    return taken;
  }

  /** The last view of this pane ended here, before a lock. */
  seenTo(bytes: number): void {
    this.#feed.seen = bytes;
  }

  /**
   * The pane's program is started again: another recording, counted from 0. What the program before has printed stays until
   * the first output; what the emulator has not parsed of it by then comes before the reset, and counts for nothing.
   */
  restart(): void {
    this.#feed = this.#newFeed(true);
    this.#left = 'on the screen';
    this.#parsed = this.#acked = this.#settled = 0;
    this.#typedAhead = [];
    this.#titles = new ProgramTitles();
    this.title.value = this.skipped.value = '';
    this.replaying.value = false;
    this.clearSearch();
  }

  /**
   * The program has ended, and its face covers this much of the bottom, in CSS pixels: the last lines, which often say why,
   * move up above it. On this page only; nothing of it is recorded.
   */
  makeRoom(height: number): void {
    const { terminal } = this;
    const feed = this.#feed;
    const rows = Math.ceil(height / cellSize().r);
    // Behind what is unparsed. A scroll region that the program has left is lifted first; that moves the cursor, so it is put back.
    void feed.drained().then(() => {
      if (feed !== this.#feed) return;
      if (terminal.rows - 1 - terminal.buffer.active.cursorY < rows) terminal.write(`\x1b7\x1b[r\x1b8${'\n'.repeat(rows)}`);
    });
  }

  /** Lines of the buffer where a prompt begins, as far as the shell has said so. */
  readonly prompts = (): ReadonlySet<number> => this.#prompts.lines();

  /** What runs in front now. */
  runs(program: string): void {
    this.title.value = this.#titles.runs(program, performance.now());
  }

  /** The terminal's own size in cells. While the recording is played back it keeps the recorded one. */
  resize(cols: number, rows: number): void {
    this.#wanted = { cols: Math.max(cols, SMALLEST.cols), rows: Math.max(rows, SMALLEST.rows) };
    if (!this.#feed.replaying) this.#applySize();
  }

  refresh(): void {
    palette ??= readPalette();
    this.terminal.options.theme = palette.theme;
    if (this.terminal.element) tuneCell(this.terminal);
  }

  focus(): void {
    this.terminal.focus();
  }

  /** Sends text as if typed: filtered pastes, and keys that the core asks for. */
  type(text: string): void {
    this.terminal.scrollToBottom();
    this.#typed(textBytes(text));
  }

  /** Finds words from what is selected on; `older` goes back. */
  find(wanted: Wanted, older: boolean): void {
    this.#term = wanted.term;
    const hit = older ? this.#search.findPrevious(wanted.term, searchOptions(wanted)) : this.#search.findNext(wanted.term, searchOptions(wanted));
    if (!hit) this.showNoHit();
    this.#onScroll();
  }

  /** Marks every hit of these words, and the one in this place as the present one. */
  showHit(wanted: Wanted, { x, y }: Point): void {
    const { terminal } = this;
    // The addon goes on from the end of what is selected where the words are those of before, else from its begin.
    const before = y * terminal.cols + x - 1;
    if (this.#term !== wanted.term) terminal.select(x, y, 1);
    else if (before < 0) terminal.clearSelection();
    else terminal.select(before % terminal.cols, Math.floor(before / terminal.cols), 1);
    this.find(wanted, false);
  }

  showNoHit(): void {
    this.found.value = { index: -1, count: 0 };
  }

  clearSearch(): void {
    this.#search.clearDecorations();
    this.terminal.clearSelection();
    this.#term = '';
    this.found.value = undefined;
  }

  dispose(): void {
    this.#pace.dispose();
    // The emulator goes on parsing what it has; nobody is told any more.
    this.#feed = this.#newFeed(true);
    this.terminal.dispose();
    all.delete(this);
    leaveScrollback(this.terminal);
  }

  /** A feed that counts only as long as it is the pane's. */
  #newFeed(again: boolean): PaneFeed {
    const guarded =
      <A extends unknown[]>(act: (...values: A) => void) =>
      (...values: A): void => {
        if (feed === this.#feed) act(...values);
      };
    /** Unparsed bytes that the frame budget knows of. */
    let live = 0;
    const screen: Screen = {
      queued: (bytes) => {
        // What is played back is no flood: it ends, and is drawn at once then.
        if (feed.replaying) return;
        live += bytes;
        frameBudget?.arrived(bytes);
      },
      write: (bytes, parsed) => {
        const done = (): void => {
          const counted = Math.min(live, bytes.length);
          live -= counted;
          if (counted > 0) frameBudget?.parsed(counted);
          parsed();
        };
        if (feed === this.#feed) this.#write(bytes, done);
        // A step that is waited for must end.
        else done();
      },
      reset: guarded(() => this.#reset()),
      resize: guarded((cols, rows) => this.#resizeTo({ cols: Math.max(cols, SMALLEST.cols), rows: Math.max(rows, SMALLEST.rows) })),
    };
    const events: FeedEvents = {
      parsed: guarded((offset, live) => this.#onParsed(offset, live)),
      caughtUp: guarded((skipped, segments) => this.#onCaughtUp(skipped, segments)),
      unsettled: guarded((until) => (this.#settled = Math.max(this.#settled, until))),
      gap: guarded((bytes) => (this.skipped.value = messages.workspace.gap(size(bytes)))),
    };
    const feed: PaneFeed = new PaneFeed(screen, events, again);
    return feed;
  }

  #typed(bytes: Uint8Array): void {
    frameBudget?.hurry();
    if (this.#feed.replaying) this.#typedAhead.push(bytes);
    else this.#port.input(this.pane, bytes);
  }

  #write(bytes: Uint8Array, parsed: () => void): void {
    if (this.#left === 'on the screen') this.#clear();
    this.#modes.feed(bytes);
    this.terminal.write(bytes, parsed);
  }

  #reset(): void {
    this.terminal.reset();
    this.#modes = new Modes();
  }

  /** RIS, in its turn behind what is unparsed. */
  #clear(): void {
    const feed = this.#feed;
    this.#left = 'in the emulator';
    this.#modes = new Modes();
    this.terminal.write('\x1bc', () => {
      // Modes that the emulator keeps as options, which a reset leaves alone.
      this.terminal.options.convertEol = this.terminal.options.cursorBlink = false;
      if (feed === this.#feed) this.#left = 'nothing';
    });
  }

  #onParsed(offset: number, live: boolean): void {
    const fresh = live ? Math.max(0, offset - this.#parsed) : 0;
    if (fresh > 0) this.#port.alert(this.pane, 'activity');
    this.#parsed = offset;
    if (live && offset - this.#acked >= ACK_BYTES) {
      this.#acked = offset;
      this.#port.ack(this.pane, offset);
    }
    // Last: it may take a snapshot, which says how much is parsed.
    this.#pace.parsed(fresh);
  }

  #onCaughtUp(skipped: number, segments: number): void {
    this.replaying.value = false;
    // A program that floods is held until then.
    this.#acked = this.#parsed;
    this.#port.ack(this.pane, this.#parsed);
    if (skipped > 0) this.skipped.value = messages.workspace.skipped(size(skipped));
    this.#applySize();
    this.terminal.refresh(0, this.terminal.rows - 1);
    const typed = this.#typedAhead;
    this.#typedAhead = [];
    for (const bytes of typed) this.#port.input(this.pane, bytes);
    // A silent program prints nothing that would bring a snapshot, and each lock begins a segment more.
    if (segments > SEGMENTS_WITHOUT_SNAPSHOT) this.#pace.due();
  }

  #applySize(): void {
    if (this.#wanted) this.#resizeTo(this.#wanted);
  }

  /**
   * The emulator can throw over lines that it cannot reflow: then the screen begins anew, in the size that is wanted. A pane that
   * showed its end goes on showing it; the emulator leaves the view above it where lines move into the scrollback.
   */
  #resizeTo({ cols, rows }: { readonly cols: number; readonly rows: number }): void {
    const { terminal } = this;
    if (cols === terminal.cols && rows === terminal.rows) return;
    const { baseY, viewportY } = terminal.buffer.active;
    const atEnd = viewportY === baseY || this.#undrawn === 'at its end';
    try {
      resizeTerminal(terminal, cols, rows);
    } catch {
      this.#reset();
      if (cols !== terminal.cols || rows !== terminal.rows) terminal.resize(cols, rows);
      this.skipped.value = messages.workspace.notShown;
    }
    if (atEnd) terminal.scrollToBottom();
    this.#undrawn = atEnd ? 'at its end' : 'back';
    this.#onScroll();
  }

  /** The rows stand on the screen. One that was resized in a hidden window is settled here: nothing could be scrolled there. */
  #drawn(): void {
    const undrawn = this.#undrawn;
    this.#undrawn = 'nothing';
    if (undrawn !== 'nothing') settleView(this.terminal);
    if (undrawn === 'at its end') this.terminal.scrollToBottom();
    this.#onScroll();
  }

  #onScroll(): void {
    const { baseY, cursorY, viewportY } = this.terminal.buffer.active;
    this.linesBack.value = baseY - viewportY;
    this.cursorRow.value = baseY + cursorY - viewportY;
  }

  /** Sends the screen after #parsed bytes. Only from a parse callback or at rest, and where nothing is missing: so that it is exactly that. */
  #snapshot(): boolean {
    if (!this.#feed.live || !this.#feed.whole || this.#left !== 'nothing' || this.#parsed < this.#settled || isInSequence(this.terminal)) return false;
    let bytes: Uint8Array | undefined;
    try {
      for (let scrollback = SNAPSHOT_LINES; !bytes || bytes.length > SNAPSHOT_BYTES; scrollback = Math.floor(scrollback / 4)) {
        bytes = serializeTerminal(this.terminal, this.#modes, scrollback);
        if (scrollback === 0) break;
      }
    } catch {
      // A screen that cannot be written down is rebuilt from the output. Thrown from here, the emulator would never parse again.
      return true;
    }
    if (bytes.length <= SNAPSHOT_BYTES)
      this.#port.snapshot({ type: 'snapshot', pane: this.pane, offset: this.#parsed, cols: this.terminal.cols, rows: this.terminal.rows, bytes });
    return true;
  }
}
