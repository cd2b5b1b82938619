/** An emulator that takes output at once, and is written down at any moment: what a recording had on its screen. */
import type { Terminal } from '@xterm/headless';
import { Modes } from '../terminal/modes.ts';
import { resizeTerminal } from '../terminal/resize.ts';
import { newEmulator, writeNow, type Screen } from '../terminal/screen.ts';
import { serializeTerminal } from '../terminal/serialize.ts';
import { repairUtf8, WholeCharacters } from '../terminal/utf8.ts';

/** What the emulator's own API does not say. */
interface Core {
  /** 0: no control sequence waits for its rest. */
  readonly _inputHandler: { readonly _parser: { readonly currentState: number } };
}

export class Stage {
  readonly terminal: Terminal;
  readonly #core: Core;
  readonly #modes: Modes | undefined;
  readonly #characters = new WholeCharacters();

  private constructor(terminal: Terminal, written: boolean) {
    this.terminal = terminal;
    this.#core = (terminal as unknown as { readonly _core: Core })._core;
    this.#modes = written ? new Modes() : undefined;
  }

  /** @param scrollback lines above its screen. @param written whether it is written down: `screen` is for nobody else, and what it takes is not followed then. */
  static async of(size: { readonly cols: number; readonly rows: number }, scrollback: number, written = true): Promise<Stage> {
    return new Stage(await newEmulator(size, scrollback), written);
  }

  /** Neither a character nor a control sequence waits for its rest: what is written down now goes on with the next byte. */
  get whole(): boolean {
    return this.#characters.waiting === 0 && this.#core._inputHandler._parser.currentState === 0;
  }

  output(bytes: Uint8Array): void {
    const whole = repairUtf8(this.#characters.feed(bytes));
    this.#modes?.feed(whole);
    writeNow(this.terminal, whole);
  }

  resize(cols: number, rows: number): void {
    if (cols !== this.terminal.cols || rows !== this.terminal.rows) resizeTerminal(this.terminal, cols, rows);
  }

  /** Output that makes a blank terminal of its size show what it shows, without the lines above. */
  screen(): Screen {
    if (!this.#modes) throw new Error('this stage is not written down');
    return { cols: this.terminal.cols, rows: this.terminal.rows, bytes: serializeTerminal(this.terminal, this.#modes, 0) };
  }

  dispose(): void {
    this.terminal.dispose();
  }
}
