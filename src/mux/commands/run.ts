/** The one door to the commands: a line is read, each command's target is found, and the command runs on it. */
import type { Permission } from '../../access/permissions.ts';
import type { Result } from '../layout.ts';
import type { Effect } from '../state/effects.ts';
import type { State } from '../state/model.ts';
import { splitWords } from '../syntax/quote.ts';
import { parseArguments } from './arguments.ts';
import { commandsWithin } from './bound-line.ts';
import { type Call, type Command, type Context, type CommandOutcome, client, refuse } from './command.ts';
import { classesHere, classesOfKeys } from './crossing.ts';
import { commands, findCommand } from './index.ts';
import { parseLine } from './lexer.ts';
import { resolvePane, resolveWindow } from './targets.ts';

/**
 * Runs one or several commands in tmux's syntax. The first one that is refused ends the line; what the commands before it
 * did stays done, as in tmux. Nothing at all is done when the line cannot be read.
 * @returns the new state, the effects in order, and a message for the person where there is one; `failed` with a refusal.
 */
export function runCommandLine(state: State, line: string, context: Context): CommandOutcome {
  const parsed = parseLine(line);
  const calls = parsed.ok ? findAll(parsed.value) : parsed;
  if (!calls.ok) return refuse(state, calls.sentence);
  const from = [...new Set([...classesHere(state, context), ...classesOfKeys(state, line)])];
  const { state: now, effects, messages, failed } = runAll(state, calls.value, { ...context, from });
  const message = messages.length > 0 ? { message: messages.map(({ text }) => text).join('\n') } : {};
  return { state: now, effects, ...message, ...(failed ? { failed } : {}) };
}

/** What came of commands that were given at a command line. */
export interface GivenOutcome extends CommandOutcome {
  /** What was asked for, in whole lines. */
  readonly output: string;
  /** Sentences: why one was refused, or what differs from what was asked for. */
  readonly notes: readonly string[];
  /** Those that were run, and the one that was refused, by name. */
  readonly commands: readonly { readonly command: string; readonly outcome: 'success' | 'failure' }[];
}

/** Characters that lists may print for one call. */
const MOST_OUTPUT = 256 * 1024;

/**
 * The same with the words of a command line, which a shell has split and tmux splits into commands. Nobody knows which class they were written in: they
 * are text of every class that has a session. What carries or shows text that is typed or copied is refused, also within a question or a key.
 */
export function runWords(state: State, words: readonly string[], context: Context): GivenOutcome {
  const given: Context = { ...context, commandLine: true, from: [...new Set(state.server.sessions.map((session) => session.class))] };
  const no = (sentence: string, named: GivenOutcome['commands'] = []): GivenOutcome => ({
    ...refuse(state, sentence),
    output: '',
    notes: [sentence],
    commands: named,
  });
  const lists = splitWords(words);
  const calls = findAll(lists);
  if (!calls.ok) return no(calls.sentence);
  if (calls.value.length === 0) return no('There is no command.');
  for (const [at, list] of lists.entries()) {
    const { name } = calls.value[at]!.command;
    const refused = [{ command: name, outcome: 'failure' as const }];
    const within = commandsWithin(list, { context: given, find: findCommand });
    if (!within.ok) return no(within.sentence, refused);
    const content = within.value.find(({ command, args }) => command.content?.(args));
    if (content)
      return no(
        `${content.command.name} carries or shows what is typed or copied, and a command line has no sealed way to the window: give it there. Nothing was done.`,
        refused,
      );
  }
  const { state: now, effects, messages, failed, ran } = runAll(state, calls.value, given);
  const output = messages.flatMap(({ printed = [] }) => printed.map((line) => `${line}\n`)).join('');
  const notes = messages.flatMap(({ text, printed }) => (printed ? [] : [text]));
  const outcomes = ran.map(({ name }, at) => ({ command: name, outcome: failed && at === ran.length - 1 ? ('failure' as const) : ('success' as const) }));
  const end = failed ? { failed } : {};
  if (output.length <= MOST_OUTPUT) return { state: now, effects, output, notes, commands: outcomes, ...end };
  const long = `The answer is longer than ${MOST_OUTPUT} characters, and is left out: narrow it with -f or -F.`;
  return { state: now, effects, output: '', notes: [...notes, long], commands: outcomes, failed: true };
}

interface Found {
  readonly command: Command;
  readonly words: readonly string[];
}

function findAll(lists: readonly (readonly string[])[]): Result<readonly Found[]> {
  const calls: Found[] = [];
  for (const [name = '', ...words] of lists) {
    const command = findCommand(name);
    if (!command.ok) return command;
    calls.push({ command: command.value, words });
  }
  return { ok: true, value: calls };
}

interface Ran {
  readonly state: State;
  readonly effects: readonly Effect[];
  readonly messages: readonly { readonly text: string; readonly printed?: readonly string[] }[];
  readonly ran: readonly Command[];
  readonly failed?: true;
}

/** Up to the first one that is refused. */
function runAll(state: State, calls: readonly Found[], context: Context): Ran {
  let now = state;
  const effects: Effect[] = [];
  const messages: Ran['messages'][number][] = [];
  const ran: Command[] = [];
  for (const { command, words } of calls) {
    const { state: next, effects: its, message, printed, failed } = runCommand(command, words, now, context);
    now = next;
    effects.push(...its);
    ran.push(command);
    if (message !== undefined) messages.push({ text: message, ...(printed ? { printed } : {}) });
    if (failed) return { state: now, effects, messages, ran, failed };
  }
  return { state: now, effects, messages, ran };
}

/** What a line needs, command by command: nothing where it cannot be read, and whoever runs it says why. */
export function commandNeeds(line: string): readonly Permission[] {
  const parsed = parseLine(line);
  const found = parsed.ok ? parsed.value.map(([name = '']) => findCommand(name)) : [];
  return found.flatMap((command) => (command.ok ? command.value.needs : []));
}

/** Whether it may be done is asked first: who may not learns nothing of targets and arguments either. */
export function runCommand(command: Command, words: readonly string[], state: State, context: Context): CommandOutcome {
  const denied = context.refused(command.needs);
  if (denied !== undefined) return refuse(state, denied);
  const parsed = parseArguments(command, words);
  if (!parsed.ok) return refuse(state, parsed.sentence);
  const args = parsed.value;
  const call: Call = { state, args, context, find: findCommand, commands };
  const wanted = args.value(command.targetFlag ?? 't');
  switch (command.target) {
    case 'none':
      return 'opens' in command ? client(state, { action: 'open', band: command.opens }) : command.run(call);
    case 'window': {
      const window = resolveWindow(state, wanted, context);
      return window.ok ? command.run({ ...call, window: window.value }) : refuse(state, window.sentence);
    }
    case 'pane': {
      const found = resolvePane(state, wanted, context);
      if (!found.ok) return refuse(state, found.sentence);
      if ('opens' in command) return client(state, { action: 'open', band: command.opens, pane: found.value.pane.id });
      return command.run({ ...call, ...found.value });
    }
  }
}
