/** The emulator that a replay is shown in. It shows, and nothing else: no reply, no key, no link, no title of a recording goes anywhere. */
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { Terminal } from '@xterm/xterm';
import { resizeTerminal } from '../../../src/terminal/resize.ts';
import { repairUtf8, WholeCharacters } from '../../../src/terminal/utf8.ts';
import { cellSize } from '../../shared/cell.ts';
import { mendContrast } from '../contrast.ts';
import { guardEmulator } from '../../../src/terminal/emulator-guard.ts';
import { restrictReplies } from '../replies.ts';
import { advance, fontFamily, readPalette, tuneCell } from '../theme.ts';
import type { ReplayScreen } from './looking.ts';

/** What was wider or higher than its place is drawn smaller, and no smaller than this: then the place scrolls. */
const SMALLEST = 0.5;

export class ReplayTerminal implements ReplayScreen {
  readonly terminal: Terminal;
  readonly #parent: HTMLElement;
  readonly #watch: ResizeObserver;
  #palette = readPalette();
  #characters = new WholeCharacters();

  constructor(parent: HTMLElement) {
    this.#parent = parent;
    this.terminal = new Terminal({
      allowProposedApi: true,
      allowTransparency: true,
      cols: 80,
      rows: 24,
      cursorBlink: false,
      cursorInactiveStyle: 'block',
      disableStdin: true,
      fontFamily,
      fontSize: cellSize().c / advance,
      fontWeight: 400,
      fontWeightBold: 600,
      linkHandler: { activate: () => {}, allowNonHttpProtocols: true },
      logLevel: 'off',
      minimumContrastRatio: 4.5,
      scrollback: 0,
      theme: this.#palette.theme,
      windowOptions: {},
    });
    const { terminal } = this;
    terminal.loadAddon(new UnicodeGraphemesAddon());
    guardEmulator(terminal, () => {});
    restrictReplies(terminal, () => {});
    terminal.attachCustomKeyEventHandler(() => false);
    terminal.open(parent);
    // It is looked at, and never typed into: the keys are the replay's.
    terminal.textarea?.setAttribute('tabindex', '-1');
    terminal.textarea?.setAttribute('aria-hidden', 'true');
    mendContrast(
      terminal,
      () => this.#palette.grounds,
      () => this.#palette.unpainted,
    );
    tuneCell(terminal);
    this.#watch = new ResizeObserver(() => this.#fit());
    this.#watch.observe(parent);
  }

  /** Theme or text size are others. */
  refresh(): void {
    this.#palette = readPalette();
    this.terminal.options.theme = this.#palette.theme;
    tuneCell(this.terminal);
    this.#fit();
  }

  #fit(): void {
    const { c, r } = cellSize();
    const { cols, rows } = this.terminal;
    const scale = Math.max(SMALLEST, Math.min(1, this.#parent.clientWidth / (cols * c), this.#parent.clientHeight / (rows * r)));
    this.terminal.element?.style.setProperty('transform', scale < 1 ? `scale(${scale})` : 'none');
  }

  moment(cols: number, rows: number, bytes: Uint8Array): void {
    this.#characters = new WholeCharacters();
    this.terminal.reset();
    this.resize(cols, rows);
    this.terminal.write(bytes);
  }

  output(bytes: Uint8Array): void {
    this.terminal.write(repairUtf8(this.#characters.feed(bytes)));
  }

  resize(cols: number, rows: number): void {
    if (cols === this.terminal.cols && rows === this.terminal.rows) return;
    resizeTerminal(this.terminal, cols, rows);
    this.#fit();
  }

  dispose(): void {
    this.#watch.disconnect();
    this.terminal.dispose();
  }
}
