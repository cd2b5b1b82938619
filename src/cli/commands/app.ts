/** `wardmux lock` and `wardmux status`: a word with the running app. */
import { homeFolder } from '../../storage/index.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { jsonText, type CliIo } from '../io.ts';
import { askApp, socketPath, type AppCommand } from '../socket.ts';

async function ask(command: AppCommand, io: CliIo): Promise<Record<string, unknown>> {
  const home = homeFolder(io.env);
  let answer: Record<string, unknown>;
  try {
    answer = await askApp(socketPath(home, io.env), command);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') throw new CliError('notRunning', `No Wardmux is running with ${home}.`, { cause: error });
    // An app that hangs may still show its panes: a script must not take that for nothing to lock.
    throw new CliError('failed', message, { cause: error });
  }
  if (answer['ok'] !== true) throw new CliError('failed', `The app refused: ${typeof answer['error'] === 'string' ? answer['error'] : 'it gave no reason'}`);
  return answer;
}

export const lock: CliCommand = {
  name: 'lock',
  summary: 'Locks the running app.',
  description: 'Shells and programs run on and stay recorded. Only unlocking at the window opens it again.',
  examples: [['wardmux lock', 'exit status 0 when it is locked, 3 when no app is running, 1 when one is and does not lock or answer']],
  declare: (command, io, done) => {
    command.option('--json', 'print the answer as JSON').action(async (options: { json?: boolean }) => {
      const { ok: _, ...answer } = await ask('lock', io);
      if (answer['state'] === 'unlocked') throw new CliError('failed', 'The app did not lock. Lock the screen of this machine, then end Wardmux.');
      if (options.json) await io.out(jsonText(answer));
      else io.talk('Locked.');
      done(exit.done);
    });
  },
};

export const status: CliCommand = {
  name: 'status',
  summary: 'Says whether the app is running, and whether it is locked.',
  examples: [
    ['wardmux status', 'starting, locked, unlocked or first-run'],
    ['wardmux status --json', 'everything the app tells without being unlocked'],
  ],
  declare: (command, io, done) => {
    command.option('--json', 'print the answer as JSON').action(async (options: { json?: boolean }) => {
      const { ok: _, ...answer } = await ask('status', io);
      await io.out(options.json ? jsonText(answer) : `${String(answer['state'] ?? 'running')}\n`);
      done(exit.done);
    });
  },
};
