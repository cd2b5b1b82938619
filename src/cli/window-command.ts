/**
 * `wardmux CMD`: a command of the window's, given to the running, unlocked app. Whoever gives it opens their identity for it, here, and proves that to the
 * app over the command's words (src/control/command.ts): that somebody works with the same account, or in one of the panes, is no proof.
 */
import type { Command as Declared } from 'commander';
import { MOST_WORDS, commandProof } from '../control/command.ts';
import { AppRefusal, askApp, socketPath } from '../control/ask.ts';
import { mayHold } from '../control/hold.ts';
import type { Verb, VerbInput, VerbOutput } from '../control/verbs.ts';
import { absentCommand } from '../mux/commands/absent.ts';
import { type Command, usage } from '../mux/commands/command.ts';
import { commands, findCommand } from '../mux/commands/index.ts';
import { prove } from '../proof/proof.ts';
import { openInstallation } from '../services/installation/installation.ts';
import { homeFolder } from '../storage/index.ts';
import type { CliCommand } from './command.ts';
import { askRunning } from './commands/app.ts';
import { CliError, exit } from './exit.ts';
import type { CliIo } from './io.ts';
import { personOptions } from './options.ts';
import { unlockPerson, type PersonOptions } from './person.ts';

const LOCKED = 'Unlock it in its window first. Nothing was done.';

/**
 * The command of the window's that a word means: its name, its alias, or what it begins with where that is no other one's, one of the command line's own
 * among them. Undefined where it means none.
 * @param own names of the command line's own commands
 */
export function windowCommand([word = '', ...rest]: readonly string[], own: readonly string[]): CliCommand | undefined {
  const found = findCommand(word);
  if (found.ok) {
    const { name, alias } = found.value;
    const shortened = word !== name && word !== alias;
    return shortened && own.some((each) => each.startsWith(word)) ? undefined : commandOf(found.value, word, rest);
  }
  const missing = absentCommand(word);
  return missing === undefined ? undefined : absent(word, missing);
}

/** Those that `wardmux` takes by their name, in the order of the table. */
export const windowCommands = (own: readonly string[]): readonly Command[] => commands.filter(({ name }) => !own.includes(name));

/** All words belong to the command but our own options right behind its name: -h is tmux's there. */
const asItIs = (command: Declared): Declared => command.helpOption('--help').allowUnknownOption().passThroughOptions().argument('[word...]');

function commandOf(command: Command, word: string, rest: readonly string[]): CliCommand {
  return {
    name: word,
    needs: 'session.use',
    summary: `${command.help.split('. ')[0]!.replace(/\.$/, '')}.`,
    description: [
      command.help,
      `  ${usage(command)}`,
      'It is given to the window of the running, unlocked app, where docs/commands.md has it, with the passphrase of whoever is in. Several are one call, with \\; between them. --person and --passphrase-fd stand before its words.',
      ...(command.content ? ['It is refused: what is typed or copied is given in the window alone.'] : []),
    ].join('\n\n'),
    examples: command.examples.map((line) => [`wardmux ${line}`, 'as at the prompt of the window']),
    declare: (declared, io, done) => {
      personOptions(asItIs(declared)).action(async (_: unknown, options: PersonOptions) => {
        await give([word, ...withoutOwn(rest)], options, io);
        done(exit.done);
      });
    },
  };
}

function absent(word: string, sentence: string): CliCommand {
  return {
    name: word,
    needs: 'evidence.read',
    summary: sentence,
    examples: [],
    declare: (declared) => {
      asItIs(declared).action(() => {
        throw new CliError('failed', sentence);
      });
    },
  };
}

/** The words as they were given, behind our own options. */
function withoutOwn(words: readonly string[]): readonly string[] {
  const own = /^--(?:person|passphrase-fd)(=|$)/.exec(words[0] ?? '');
  return own ? withoutOwn(words.slice(own[1] === '=' ? 1 : 2)) : words;
}

/** @throws CliError and what unlockPerson throws */
async function give(words: readonly string[], options: PersonOptions, io: CliIo): Promise<void> {
  if (JSON.stringify(words).length > MOST_WORDS) throw new CliError('failed', `A command has ${MOST_WORDS} characters at most. Nothing was done.`);
  const { app } = await askRunning('status', io);
  if (!app) throw new CliError('notRunning', 'Only a terminal with one shell is running, which has no windows. Nothing was done.');
  // Before anybody is asked for a passphrase.
  if (app.state !== 'unlocked') throw new CliError('locked', `Wardmux is ${app.state === 'locked' ? 'locked' : 'not ready yet'}. ${LOCKED}`);
  const site = await openInstallation({ env: io.env });
  const identity = await unlockPerson(site, options, io);
  try {
    const key = Buffer.from(site.installation.publicKey, 'base64url');
    const folder = homeFolder(io.env);
    const ask = <V extends Verb>(verb: V, input: VerbInput<V>): Promise<VerbOutput<V>> =>
      askApp(socketPath(folder, io.env), verb, key, (pid) => mayHold(folder, pid), input).catch((error: unknown) => {
        throw error instanceof AppRefusal && error.code === 'locked' ? new CliError('locked', `${error.sentence} ${LOCKED}`) : error;
      });
    const { person, sealed } = await ask('challenge', {});
    if (person !== identity.person.id) throw new CliError('notUnlocked', 'Somebody else is in the window. Nothing was done.');
    const proof = Buffer.from(await prove(identity, sealed, commandProof(person, words))).toString('base64');
    const { output, note, refused } = await ask('command', { words: [...words], sealed, proof });
    // A tab may stand in a format of whoever asks.
    if (output) await io.out(output.replaceAll(/(?![\n\t])\p{Cc}/gu, '?'));
    if (refused) throw new CliError('failed', note ?? 'It was refused.');
    if (note !== undefined) io.talk(note);
  } finally {
    identity.destroy();
  }
}
