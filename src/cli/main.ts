/** The `wardmux` command: the same core as the app, in one process, without a window. */
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { protectProcessOrExit, uncleanStart } from '../native/protect.ts';
import { exit } from './exit.ts';
import { runCli } from './program.ts';

/** As a shell reports a program that a closed pipe ended: 128 + SIGPIPE. */
const BROKEN_PIPE = 141;

// `wardmux play ID | head` is not a fault of ours: end quietly, as every tool does.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? BROKEN_PIPE : 1);
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
const status = await runCli(process.argv.slice(2), {
  env: process.env,
  out: async (data) => {
    if (!process.stdout.write(data)) await once(process.stdout, 'drain');
  },
  talk: (line) => void process.stderr.write(`${line}\n`),
  stdoutIsTerminal: process.stdout.isTTY === true,
  now: Date.now,
  wait: (ms) => wait(ms),
});
// A pipe is written in the background: what is still on its way must arrive before the end.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise<void>((done) => stream.write('', () => done()))));
process.exit(status);
