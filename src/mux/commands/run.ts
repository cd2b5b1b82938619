/** The one door to the commands: a line is read, each command's target is found, and the command runs on it. */
import type { Permission } from '../../access/permissions.ts';
import type { Effect } from '../state/effects.ts';
import type { State } from '../state/model.ts';
import { parseArguments } from './arguments.ts';
import { type Call, type Command, type Context, type CommandOutcome, client, refuse } from './command.ts';
import { classesHere, classesOfKeys } from './crossing.ts';
import { findCommand } from './index.ts';
import { parseLine } from './lexer.ts';
import { resolvePane, resolveWindow } from './targets.ts';

/**
 * Runs one or several commands in tmux's syntax. The first one that is refused ends the line; what the commands before it
 * did stays done, as in tmux. Nothing at all is done when the line cannot be read.
 * @returns the new state, the effects in order, and a message for the person where there is one; `failed` with a refusal.
 */
export function runCommandLine(state: State, line: string, context: Context): CommandOutcome {
  const parsed = parseLine(line);
  if (!parsed.ok) return refuse(state, parsed.sentence);
  const calls: { readonly command: Command; readonly words: readonly string[] }[] = [];
  for (const [name = '', ...words] of parsed.value) {
    const command = findCommand(name);
    if (!command.ok) return refuse(state, command.sentence);
    calls.push({ command: command.value, words });
  }
  const given: Context = { ...context, from: [...new Set([...classesHere(state, context), ...classesOfKeys(state, line)])] };
  let now = state;
  const effects: Effect[] = [];
  const messages: string[] = [];
  for (const { command, words } of calls) {
    const outcome = runCommand(command, words, now, given);
    now = outcome.state;
    effects.push(...outcome.effects);
    if (outcome.message !== undefined) messages.push(outcome.message);
    if (outcome.failed) return { state: now, effects, message: messages.join('\n'), failed: true };
  }
  return messages.length > 0 ? { state: now, effects, message: messages.join('\n') } : { state: now, effects };
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
  const call: Call = { state, args, context, find: findCommand };
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
