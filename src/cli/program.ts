/** Parser, help and errors of the `wardmux` command, made from the table of commands. */
import { Command, CommanderError } from 'commander';
import { AnchorUsage } from '../anchors/kind.ts';
import { ImportError } from '../import/errors.ts';
import { LedgerError } from '../ledger/errors.ts';
import { UnlockError } from '../people/errors.ts';
import { UnknownPerson } from '../services/people/person.ts';
import { CodedError } from '../types/coded-error.ts';
import { SentenceError } from '../types/sentence.ts';
import { version } from '../version.ts';
import { commandsFor, ownCommands } from './commands/index.ts';
import { freshDoor, needsOf, neverAsked, passBefore, printHeld, printWhenAsked, requireAsked } from './door.ts';
import { CliError, exit, exitTable, type ExitName } from './exit.ts';
import type { CliIo } from './io.ts';
import { PassphraseInputError } from '../terminal/passphrase.ts';

/** Runs one command line. @param args without node and script. @returns the exit status; never rejects. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  freshDoor();
  let status: number = exit.done;
  const pending: Promise<void>[] = [];
  const commands = await commandsFor(args);
  // For the help alone: the table of the window's commands takes longer than a command to start.
  const ofWindow = commands.length > 1 ? (await import('./window-command.ts')).windowCommands(ownCommands).map(({ name }) => name) : [];
  const behindTheDoor: CliIo = { ...io, out: (data) => printWhenAsked(() => io.out(data)), beforeDeed: requireAsked };
  const program = new Command('wardmux')
    .description('Sealed terminal recordings for shared workstations, and their audit.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void pending.push(io.out(text)),
      writeErr: (text) => io.talk(text.replace(/\n$/, '')),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showHelpAfterError('For help: wardmux help')
    .addHelpText(
      'after',
      `\nExamples:\n${commands
        .flatMap(({ examples }) => examples.slice(0, 1))
        .map(([line, what]) => `  ${line}\n      ${what}`)
        .join(
          '\n',
        )}\n\nData on stdout, talk on stderr. WARDMUX_HOME is the data folder (default: $XDG_DATA_HOME/wardmux or ~/.local/share/wardmux).\nA passphrase comes from the terminal or from --passphrase-fd N, never from an argument or the environment.\n${ofWindow.length === 0 ? '' : `\nCommands of the window, given to the running, unlocked app (docs/commands.md; for one: wardmux NAME --help):\n${inLines(ofWindow)}\n`}\nExit statuses:\n${exitTable.map((row) => `  ${String(row.status).padEnd(5)}${row.help}`).join('\n')}\n  10 to 49: verify, see wardmux verify --help. record exits as its command does.`,
    );
  for (const { name, needs, summary, description, examples, declare } of commands) {
    const command = program
      .command(name)
      .summary(summary)
      .description(description ? `${summary}\n\n${description}` : summary)
      .hook('preAction', (_, called) => passBefore(needsOf(needs, called.name(), givenFlags(called)), io.env));
    declare(command, behindTheDoor, (code) => {
      status = code;
    });
    command.addHelpText('after', `\nExamples:\n${examples.map(([line, what]) => `  ${line}\n      ${what}`).join('\n')}`);
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    status = failureStatus(error, io);
  }
  await Promise.all(pending);
  await printHeld();
  const forgotten = status === exit.done ? neverAsked() : undefined;
  if (forgotten === undefined) return status;
  io.talk(`wardmux: this command needs the permission ${forgotten}, and nobody was asked for it. Nothing came of it. Please report that.`);
  return exit.failed;
}

/** Names in lines that a terminal of 80 columns has room for. */
function inLines(names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last === undefined || last.length + name.length + 2 > 78) lines.push(`  ${name}`);
    else lines[lines.length - 1] = `${last}, ${name}`;
  }
  return lines.join(',\n');
}

/** The options that stand in the command line, by their long flags. */
function givenFlags(command: Command): string[] {
  return command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli').flatMap(({ long }) => long ?? []);
}

/** What ends a command with another status than 1: the error, the status, and the only code that does where there is one. The first row that fits counts. */
const failures: ReadonlyArray<readonly [kind: abstract new (...args: never) => Error, status: ExitName, code?: string]> = [
  [UnknownPerson, 'usage'],
  [AnchorUsage, 'usage'],
  [ImportError, 'usage'],
  [UnlockError, 'notUnlocked'],
  [PassphraseInputError, 'cancelled', 'cancelled'],
  [PassphraseInputError, 'cancelled', 'late'],
  [PassphraseInputError, 'usage'],
  [LedgerError, 'diverged', 'diverged'],
  [LedgerError, 'badLedger', 'corrupt'],
  [CodedError, 'otherInstallation', 'identity'],
  [CodedError, 'noBrowser', 'no-browser'],
  // Refusals of an input: another one may do.
  [CodedError, 'usage', 'bad-key-file'],
  [CodedError, 'usage', 'weak-passphrase'],
  [CodedError, 'usage', 'same-passphrase'],
  [CodedError, 'usage', 'no-code'],
  [CodedError, 'usage', 'no-name'],
  [CodedError, 'notUnlocked', 'not-a-recipient'],
];

function statusOf(error: SentenceError): number {
  if (error instanceof CliError) return error.status;
  const code = error instanceof CodedError ? error.code : undefined;
  const row = failures.find(([kind, , only]) => error instanceof kind && (only === undefined || only === code));
  return exit[row?.[1] ?? 'failed'];
}

/** Says what went wrong in one sentence, and gives its status. */
function failureStatus(error: unknown, io: CliIo): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.usage;
  if (error instanceof SentenceError) {
    io.talk(`wardmux: ${error.message}`);
    return statusOf(error);
  }
  // Not one of ours: its words may quote what it choked on, so only its kind is told.
  const { code, name } = error as NodeJS.ErrnoException;
  io.talk(`wardmux: Something went wrong that should not have (${code ?? name ?? 'unknown'}). Nothing was overwritten; please report it.`);
  return exit.failed;
}
