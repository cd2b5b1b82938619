/** `wardmux lock` and `wardmux status`: a word with the running app. */
import { homeFolder, homePaths, installationKey } from '../../storage/index.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { jsonText, type CliIo } from '../io.ts';
import { askIfThere, ImpostorError, socketPath, terminalSockets } from '../../control/ask.ts';
import { isHeld } from '../../control/hold.ts';
import { verbs, type AppFacts, type Verb } from '../../control/verbs.ts';

/** What is said where it is known that nothing of a workspace is on the screen (main/host.ts). */
const darkness: readonly AppFacts['visible'][] = ['gone', 'killed'];

/** Everybody who runs with this data folder: the app, and terminals with a shell of their own. */
interface Running {
  readonly app: AppFacts | undefined;
  readonly terminals: readonly AppFacts[];
}

async function ask(command: Verb, io: CliIo): Promise<Running> {
  const home = homeFolder(io.env);
  const path = socketPath(home, io.env);
  const key = installationKey(homePaths(home));
  const asked = [path, ...terminalSockets(path)].map((socket) => askIfThere(socket, command, key));
  // Everybody is asked, and heard: one that hangs keeps nobody else from locking.
  const heard = await Promise.allSettled(asked);
  const impostor = heard
    .map((answer) => (answer.status === 'rejected' ? (answer.reason as unknown) : undefined))
    .find((reason) => reason instanceof ImpostorError);
  if (impostor) throw new CliError('impostor', impostor.message);
  const failed = heard.find((answer) => answer.status === 'rejected');
  // An app that hangs may still show its panes: a script must not take that for nothing to lock.
  if (failed) throw new CliError('failed', failed.reason instanceof Error ? failed.reason.message : 'The app does not answer.');
  const [app, ...terminals] = heard.map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined));
  const there = terminals.filter((answer) => answer !== undefined);
  // An app that cannot be asked is not one that does not run.
  if (!app && isHeld(home))
    throw new CliError(
      'impostor',
      `Wardmux is running with ${home}, and cannot be asked: its socket was taken away, or it is just starting. Nothing is known of it. Lock it in its window with ctrl-shift-l, or lock the screen of this machine.`,
    );
  if (!app && there.length === 0) throw new CliError('notRunning', `No Wardmux is running with ${home}.`);
  return { app, terminals: there };
}

/** One answer for all: open where anything is. */
function together({ app, terminals }: Running): AppFacts & { readonly terminals?: readonly AppFacts[] } {
  const all = [...(app ? [app] : []), ...terminals];
  const state = all.find((answer) => answer.state === 'unlocked') ?? all[0]!;
  return { ...(app ?? terminals[0]!), state: state.state, ...(terminals.length > 0 ? { terminals } : {}) };
}

export const lock: CliCommand = {
  name: 'lock',
  needs: verbs.lock.needs,
  summary: 'Locks the running app.',
  description:
    'Shells and programs run on and stay recorded. Only unlocking at the window opens it again. It does not wait for the ledger: with --json, `entered` is false where the event of the lock is still to be entered.',
  examples: [
    [
      'wardmux lock',
      'exit status 0 when it is locked and nothing is to be seen, 60 when that is not known, 3 when no app is running, 62 when what answers is not this Wardmux or the app cannot be asked, 1 when one is and does not lock or answer',
    ],
  ],
  declare: (command, io, done) => {
    command.option('--json', 'print the answer as JSON').action(async (options: { json?: boolean }) => {
      const running = await ask('lock', io);
      const answer = together(running);
      if (answer.state === 'unlocked') throw new CliError('failed', 'The app did not lock. Lock the screen of this machine, then end Wardmux.');
      if (options.json) await io.out(jsonText(answer));
      const silent = running.terminals.find((terminal) => !darkness.includes(terminal.visible));
      if (silent) throw new CliError('notDark', `The terminal of process ${silent.pid} is locked, but it does not say that its screen is empty. Look at it.`);
      if (running.app && !darkness.includes(running.app.visible))
        throw new CliError('notDark', 'The app is locked, but its window may still show what it showed. Lock the screen of this machine, then end Wardmux.');
      if (!options.json) io.talk('Locked.');
      if (!options.json && answer['entered'] === false)
        io.talk(
          'The event of this lock is not in the ledger yet: another process holds the ledger, or it cannot be written. It is entered as soon as it can, with its own time.',
        );
      done(exit.done);
    });
  },
};

export const status: CliCommand = {
  name: 'status',
  needs: verbs.status.needs,
  summary: 'Says whether the app is running, and whether it is locked.',
  examples: [
    ['wardmux status', 'starting, locked, unlocked or first-run'],
    ['wardmux status --json', 'everything the app tells without being unlocked: locked, since when, and how it is known that nothing is to be seen'],
  ],
  declare: (command, io, done) => {
    command.option('--json', 'print the answer as JSON').action(async (options: { json?: boolean }) => {
      const answer = together(await ask('status', io));
      await io.out(options.json ? jsonText(answer) : `${answer.state}\n`);
      done(exit.done);
    });
  },
};
