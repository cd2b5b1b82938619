/** `wardmux lock` and `wardmux status`: a word with the running app. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkIdentity, homeFolder, homePaths, pinnedBefore, readInstallation, type Home } from '../../storage/index.ts';
import type { CliCommand } from '../command.ts';
import { CliError, exit } from '../exit.ts';
import { jsonText, type CliIo } from '../io.ts';
import { askIfThere, ImpostorError, listening, processWords, socketPath, terminalSockets } from '../../control/ask.ts';
import { holdersOf, isHeld, mayHold } from '../../control/hold.ts';
import { verbs, type AppFacts, type FactsVerb } from '../../control/verbs.ts';

/** What is said where it is known that nothing of a workspace is on the screen (main/host.ts). */
const darkness: readonly AppFacts['visible'][] = ['gone', 'killed'];

/** Everybody who runs with this data folder: the app, and terminals with a shell of their own. */
interface Running {
  readonly app: AppFacts | undefined;
  readonly terminals: readonly AppFacts[];
}

/**
 * An app whose socket was taken away, or replaced, takes its place back within a second (src/control/listen.ts): so often it
 * is asked again, after so many ms.
 */
const AGAIN = { most: 20, everyMs: 100 };

/** Nobody who runs could be asked, or nobody knows whether anybody runs. */
class Unheard extends CliError {
  constructor(home: string, why: string) {
    super(
      'impostor',
      `Wardmux is running with ${home}, or may be, and cannot be asked: ${why}. Nothing is known of it. Lock it in its window with ctrl-shift-l, or lock the screen of this machine.`,
    );
  }
}

/** Asks until everybody who is there has answered, or AGAIN is over. @throws CliError where nobody runs, or nobody who runs could be asked */
export async function askRunning(command: FactsVerb, io: CliIo): Promise<Running> {
  const folder = homeFolder(io.env);
  const home = homePaths(folder);
  const installation = readInstallation(home);
  const key = installation && Buffer.from(installation.publicKey, 'base64url');
  // The Secret Service is asked meanwhile: whatever it says, what can be locked is locked. What was answered counts only afterwards.
  const trusted = installation ? checkIdentity(home, installation) : requireNoFirstRun(home);
  trusted.catch(() => {});
  for (let time = 1; ; time++) {
    try {
      const running = await askOnce(command, folder, socketPath(folder, io.env), key);
      await trusted;
      return running;
    } catch (error) {
      await trusted;
      if (!(error instanceof ImpostorError || error instanceof Unheard)) throw error;
      if (time > AGAIN.most) throw error instanceof ImpostorError ? new CliError('impostor', error.message) : error;
    }
    await io.wait(AGAIN.everyMs);
  }
}

/** Before the first run nobody can sign, and there is nothing to lock. A file that is not there proves neither. @throws CliError */
async function requireNoFirstRun(home: Home): Promise<void> {
  if (existsSync(join(home.ledger, 'events.jsonl')) || (await pinnedBefore(home)).state === 'pinned')
    throw new Unheard(home.folder, `${home.installation}, by which its answer would be believed, is missing, although there was a first run`);
}

async function askOnce(command: FactsVerb, home: string, path: string, key: Uint8Array | undefined): Promise<Running> {
  let terminals: string[];
  try {
    terminals = [...new Set([...terminalSockets(path), ...listening(path)])].filter((socket) => socket !== path);
  } catch (error) {
    throw new Unheard(home, `the folder of its socket cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const holds = (pid: number): boolean => mayHold(home, pid);
  const asked = [askIfThere(path, command, key, holds), ...terminals.map((socket) => askIfThere(socket, command, key))];
  // Everybody is asked, and heard: one that hangs keeps nobody else from locking.
  const heard = await Promise.allSettled(asked);
  const reasons = heard.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  const impostor = reasons.find((reason) => reason instanceof ImpostorError);
  if (impostor) throw impostor;
  // An app that hangs may still show its panes: a script must not take that for nothing to lock.
  if (reasons.length > 0) {
    const [reason] = reasons;
    const { code, message } = reason instanceof Error ? (reason as NodeJS.ErrnoException) : { code: undefined, message: 'The app does not answer.' };
    if (code === undefined) throw new CliError('failed', message);
    throw new Unheard(
      home,
      code === 'EAGAIN'
        ? 'too many programs of this account ask it at once, or another process has put a socket of its own in the place of its socket'
        : `its socket cannot be reached (${code})`,
    );
  }
  const [app, ...there] = heard.map((answer) => (answer.status === 'fulfilled' ? answer.value : undefined));
  // An app that cannot be asked is not one that does not run.
  if (!app && isHeld(home)) {
    const holders = holdersOf(home).filter((pid) => pid > 0);
    throw new Unheard(
      home,
      `its socket was taken away, or it is just starting${holders.length > 0 ? `; who holds the folder is ${holders.map(processWords).join(', ')}` : ''}`,
    );
  }
  const silent = listening(path).find((socket) => socket !== path && there[terminals.indexOf(socket)] === undefined);
  if (silent) throw new Unheard(home, `a terminal listens at ${silent}, and its socket was taken away`);
  // Before the first run nothing can be open, and nobody can sign: whoever says more than that is not the app.
  if (app && !key && app.state !== 'first-run' && app.state !== 'starting')
    throw new Unheard(home, `what answers says that it is ${app.state}, and there is no installation in the folder`);
  const terminalsThere = there.filter((answer) => answer !== undefined);
  if (!app && terminalsThere.length === 0) throw new CliError('notRunning', `No Wardmux is running with ${home}.`);
  return { app, terminals: terminalsThere };
}

/** One answer for all: open where anything is. */
function together({ app, terminals }: Running): AppFacts & { readonly terminals?: readonly AppFacts[] } {
  const all = [...(app ? [app] : []), ...terminals];
  const state = all.find((answer) => answer.state === 'unlocked') ?? all[0]!;
  const late = all.some(({ entered }) => entered === false);
  return { ...(app ?? terminals[0]!), state: state.state, ...(late ? { entered: false } : {}), ...(terminals.length > 0 ? { terminals } : {}) };
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
      const running = await askRunning('lock', io);
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
      const answer = together(await askRunning('status', io));
      await io.out(options.json ? jsonText(answer) : `${answer.state}\n`);
      done(exit.done);
    });
  },
};
