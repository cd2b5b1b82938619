/** The emulator that a replay is shown in. It shows, and nothing else: no reply, no key, no link, no title of a recording goes anywhere. */
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { Terminal } from '@xterm/xterm';
import { resizeTerminal } from '../../../src/terminal/resize.ts';
import { repairUtf8, WholeCharacters } from '../../../src/terminal/utf8.ts';
import { cellSize } from '../../shared/cell.ts';
import { mendContrast } from '../contrast.ts';
import { guardEmulator } from '../emulator-guard.ts';
import { restrictReplies } from '../replies.ts';
import { advance, fontFamily, readPalette, tuneCell } from '../theme.ts';
import type { ReplayScreen } from './looking.ts';

export class ReplayTerminal implements ReplayScreen {
  readonly terminal: Terminal;
  #characters = new WholeCharacters();

  constructor(parent: HTMLElement) {
    const palette = readPalette();
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
      theme: palette.theme,
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
      () => palette.grounds,
      () => palette.unpainted,
    );
    tuneCell(terminal);
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
    if (cols !== this.terminal.cols || rows !== this.terminal.rows) resizeTerminal(this.terminal, cols, rows);
  }

  dispose(): void {
    this.terminal.dispose();
  }
}
