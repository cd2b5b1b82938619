/**
 * What a second start of a browser says to the one that runs with its profile, at the socket in that profile: its command line (Chromium 150, chrome/browser/
 * process_singleton_posix.cc). Said by us it takes a millisecond, where a second start takes a third of a second.
 */
import { connect } from 'node:net';
import { join } from 'node:path';
import { SentenceError } from '../types/sentence.ts';

const SOCKET = 'SingletonSocket';
const TAKEN = 'ACK';
/** The browser answers at once; this is for a machine in trouble. */
const ANSWER_MS = 10_000;

/** @param folder the profile of a browser that runs @param args of the second start @throws Error where it is not taken */
export function handOver(folder: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const refuse = (): void => reject(new SentenceError('the browser that has just been started takes no command'));
    const socket = connect(join(folder, SOCKET));
    // Whoever answers there, it is three letters, and soon.
    const late = setTimeout(() => socket.destroy(), ANSWER_MS);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      said += chunk;
      if (said.length > TAKEN.length) socket.destroy();
    });
    socket.on('error', refuse);
    socket.on('close', () => {
      clearTimeout(late);
      if (said === TAKEN) resolve();
      else refuse();
    });
    // A word that says what this is, a working folder, and the command with its arguments.
    socket.end(['START', '/', 'browser', ...args].join('\0'));
  });
}
