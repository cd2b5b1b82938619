/** The terminal's keys while something is shown in it: taken from the shell that comes after, and given to who shows. */
import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Takes the keys of the controlling terminal, in raw mode, and the signals that end a program.
 * @returns what gives both back and leaves nothing that was typed to the shell; undefined where there is no terminal.
 */
export function watchTerminal(heard: { readonly key: (bytes: Uint8Array) => void; readonly end: () => void }): (() => void) | undefined {
  let terminal: ReadStream;
  try {
    terminal = new ReadStream(openSync('/dev/tty', 'r+'));
    terminal.setRawMode(true);
  } catch {
    return undefined;
  }
  terminal.on('data', (bytes: Buffer) => heard.key(bytes));
  terminal.on('error', () => heard.end());
  for (const signal of signals) process.on(signal, heard.end);
  return () => {
    for (const signal of signals) process.off(signal, heard.end);
    if (!terminal.destroyed) terminal.setRawMode(false);
    terminal.removeAllListeners('data');
    terminal.destroy();
  };
}
