/** The `wardmux` command: the same core as the app, in one process, without a window. */
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { protectProcessOrExit, uncleanStart } from '../native/protect.ts';
import { exit } from './exit.ts';
import { recordExit } from '../job/status.ts';
import { argumentsNotUtf8, foldersNotUtf8, reachWorkingFolder } from '../native/given.ts';
import { noteDescriptors } from '../terminal/descriptors.ts';
import { fold } from '../terminal/fold.ts';
import { runCli } from './program.ts';
import { watchTerminal } from './watch.ts';

// Before anything else is opened.
noteDescriptors();

/** As a shell reports a program that a closed pipe ended: 128 + SIGPIPE. */
const BROKEN_PIPE = 141;

/** Where a stream has failed already: what cannot be said cannot be helped. */
function sayAtOnce(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody hears it.
  }
}

// `wardmux play ID | head` is not a fault of ours: end quietly, as every tool does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(BROKEN_PIPE);
    sayAtOnce(`wardmux: the output could not be written (${error.code ?? 'unknown'}): look at where it goes, a full disk or a device that takes nothing.\n`);
    process.exit(exit.notWritten);
  });
}

// Descriptors that the person has opened for this command (a passphrase, a key) would not live through a second start, so
// an unclean one is refused: bin/wardmux leaves out what does not belong here.
const problem = uncleanStart(process.env, process.execArgv);
if (problem !== undefined) {
  process.stderr.write(`wardmux: ${problem}, which would act inside of this command. Start it as bin/wardmux does.\n`);
  process.exit(exit.failed);
}
protectProcessOrExit();
// Node has put U+FFFD where an argument is not UTF-8: another file would be meant, or another command run.
const unsayable = argumentsNotUtf8() ?? foldersNotUtf8(process.env);
if (unsayable !== undefined) {
  process.stderr.write(`wardmux: ${unsayable}\n`);
  process.exit(process.argv[2] === 'record' ? recordExit.failed : exit.usage);
}
reachWorkingFolder();
const status = await runCli(process.argv.slice(2), {
  env: process.env,
  // Written when it resolves: what is said after it stands behind it, where both go to one place. A pipe that nobody reads is told of by an event.
  out: (data) => new Promise((written) => process.stdout.write(data, () => written())),
  talk: (line) => void process.stderr.write(`${fold(line, process.stderr.columns)}\n`),
  ...(process.stderr.isTTY ? { progress: (line: string) => void process.stderr.write(`\r\x1b[2K${line}`) } : {}),
  stdoutIsTerminal: process.stdout.isTTY === true,
  now: Date.now,
  wait: (ms) => wait(ms),
  terminalSize: () => (process.stdout.isTTY ? { cols: process.stdout.columns, rows: process.stdout.rows } : undefined),
  watch: watchTerminal,
});
// A pipe is written in the background: what is still on its way must arrive before the end.
const pending = [process.stdout, process.stderr].filter((stream) => stream.writableLength > 0);
await Promise.all(pending.map((stream) => new Promise<void>((done) => stream.write('', () => done()))));
process.exit(status);
