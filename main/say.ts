/** What `npm start` says on the terminal that it was typed in. */
import { fold } from '../src/terminal/fold.ts';

export const say = (line: string): void => void process.stderr.write(`${fold(`wardmux: ${line}`, process.stderr.columns)}\n`);
