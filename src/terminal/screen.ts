/** Rebuilds what a terminal showed from its recording: the one source of truth for what is on a screen after a lock. */
import type { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import type { Terminal } from '@xterm/headless';
import type { TailItem } from '../recording/tail.ts';
import { guardEmulator } from './emulator-guard.ts';
import { Modes } from './modes.ts';
import { resizeTerminal } from './resize.ts';
import { serializeTerminal } from './serialize.ts';
import { repairUtf8, WholeCharacters } from './utf8.ts';

/** Lines above the screen that come back. */
const rebuiltLines = 2000;

/** What a package gives: a bundler takes its module, and Node without one its CommonJS, of which all is in `default`. */
const whole = <M extends object>(module: M & { readonly default?: M }): M => module.default ?? module;

let emulator: Promise<typeof Terminal> | undefined;
let addon: Promise<typeof UnicodeGraphemesAddon> | undefined;

/**
 * When it is loaded it reads its table of characters from the beginning of the buffer that the bytes lie in, and those lie in the middle of
 * Node's pool of small buffers where that was used before: then it fails, and no screen comes back. So it gets a buffer of its own.
 */
async function loadAddon(): Promise<typeof UnicodeGraphemesAddon> {
  const { poolSize } = Buffer;
  Buffer.poolSize = 0;
  try {
    return whole(await import('@xterm/addon-unicode-graphemes')).UnicodeGraphemesAddon;
  } finally {
    Buffer.poolSize = poolSize;
  }
}

export interface Screen {
  readonly cols: number;
  readonly rows: number;
  /** Output for a blank terminal. */
  readonly bytes: Uint8Array;
}

/**
 * An emulator without a window, with the characters' widths of the one in the window, and what that one leaves out.
 * @param scrollback lines above its screen.
 * @param lost is told of a piece of output that could not be drawn, as guardEmulator does.
 */
export async function newEmulator(size: { readonly cols: number; readonly rows: number }, scrollback: number, lost: () => void = () => {}): Promise<Terminal> {
  const Emulator = await (emulator ??= import('@xterm/headless').then((module) => whole(module).Terminal));
  const terminal = new Emulator({ allowProposedApi: true, cols: size.cols, rows: size.rows, scrollback, logLevel: 'off' });
  const Graphemes = await (addon ??= loadAddon());
  terminal.loadAddon(new Graphemes() as never);
  guardEmulator(terminal, lost);
  return terminal;
}

/** xterm.js 6.0.0, what its own API does not say. */
interface Core {
  readonly _writeBuffer: { writeSync(data: Uint8Array | string): void };
}

/**
 * Has an emulator take output at once. By its own API it takes it in turns of the event loop, which is a millisecond for each event of a recording; so its
 * own queue is emptied here, which its core does for itself too.
 */
export function writeNow(terminal: Terminal, data: Uint8Array | string): void {
  (terminal as unknown as { readonly _core: Core })._core._writeBuffer.writeSync(data);
}

/** @param items of `tail`; their bytes are wiped. @throws what `items` throws: a screen that is not whole is not shown. */
export async function screenOf(items: AsyncIterable<TailItem>, size: { readonly cols: number; readonly rows: number }): Promise<Screen> {
  const terminal = await newEmulator(size, rebuiltLines);
  let modes = new Modes();
  let text = new WholeCharacters();
  const write = (chunk: Uint8Array): Promise<void> => {
    const bytes = repairUtf8(text.feed(chunk));
    modes.feed(bytes);
    return new Promise((parsed) => terminal.write(bytes, parsed));
  };
  try {
    for await (const item of items) {
      if (item.kind === 'size') resizeTerminal(terminal, item.cols, item.rows);
      else if (item.kind === 'screen') {
        terminal.reset();
        modes = new Modes();
        text = new WholeCharacters();
        await write(item.bytes);
        item.bytes.fill(0);
      } else if (item.kind === 'output') {
        await write(item.bytes);
        item.bytes.fill(0);
      }
    }
    return { cols: terminal.cols, rows: terminal.rows, bytes: serializeTerminal(terminal, modes, rebuiltLines) };
  } finally {
    terminal.dispose();
  }
}
