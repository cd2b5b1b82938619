/** The table of commands, and how a command line is run on a state. */
import { parseArguments } from './arguments.ts';
import type { Command, Context, Outcome } from './command.ts';
import { parseLine } from './lexer.ts';
import type { Result } from '../layout.ts';
import type { Effect, State } from '../state.ts';
import { breakPane } from './break-pane.ts';
import { commandPrompt } from './command-prompt.ts';
import { confirmBefore } from './confirm-before.ts';
import { copyMode } from './copy-mode.ts';
import { detachClient } from './detach-client.ts';
import { displayMessage } from './display-message.ts';
import { displayPanes } from './display-panes.ts';
import { dragBorder } from './drag-border.ts';
import { exportPane } from './export-pane.ts';
import { killPane } from './kill-pane.ts';
import { killWindow } from './kill-window.ts';
import { lastPane } from './last-pane.ts';
import { lastWindow } from './last-window.ts';
import { listKeys } from './list-keys.ts';
import { lockServer } from './lock-server.ts';
import { lockSession } from './lock-session.ts';
import { newWindow } from './new-window.ts';
import { nextLayout } from './next-layout.ts';
import { nextWindow } from './next-window.ts';
import { pasteBuffer } from './paste-buffer.ts';
import { previousLayout } from './previous-layout.ts';
import { previousWindow } from './previous-window.ts';
import { renameSession } from './rename-session.ts';
import { renameWindow } from './rename-window.ts';
import { resizePane } from './resize-pane.ts';
import { respawnPane } from './respawn-pane.ts';
import { rotateWindow } from './rotate-window.ts';
import { search } from './search.ts';
import { selectLayout } from './select-layout.ts';
import { selectPane } from './select-pane.ts';
import { selectWindow } from './select-window.ts';
import { sendKeys } from './send-keys.ts';
import { sendPrefix } from './send-prefix.ts';
import { setOption } from './set-option.ts';
import { showOptions } from './show-options.ts';
import { splitWindow } from './split-window.ts';
import { swapPane } from './swap-pane.ts';
import { verifyPane } from './verify-pane.ts';

export { fillTemplate, quoteWord } from './lexer.ts';
export type { Command, Context, Outcome } from './command.ts';

/** By name. */
export const commands: readonly Command[] = [
  breakPane,
  commandPrompt,
  confirmBefore,
  copyMode,
  detachClient,
  displayMessage,
  displayPanes,
  dragBorder,
  exportPane,
  killPane,
  killWindow,
  lastPane,
  lastWindow,
  listKeys,
  lockServer,
  lockSession,
  newWindow,
  nextLayout,
  nextWindow,
  pasteBuffer,
  previousLayout,
  previousWindow,
  renameSession,
  renameWindow,
  resizePane,
  respawnPane,
  rotateWindow,
  search,
  selectLayout,
  selectPane,
  selectWindow,
  sendKeys,
  sendPrefix,
  setOption,
  showOptions,
  splitWindow,
  swapPane,
  verifyPane,
];

/** A command by its name, its alias, or the beginning of its name where that is only one's. */
export function findCommand(word: string): Result<Command> {
  const exact = commands.find((command) => command.name === word || command.alias === word);
  if (exact) return { ok: true, value: exact };
  const matches = word === '' ? [] : commands.filter((command) => command.name.startsWith(word));
  const [only] = matches;
  if (only && matches.length === 1) return { ok: true, value: only };
  if (matches.length > 1) return { ok: false, sentence: `"${word}" could be ${matches.map((command) => command.name).join(', ')}. Write more of it.` };
  return { ok: false, sentence: `There is no command "${word}".` };
}

/**
 * Runs one or several commands in tmux's syntax. The first one that is refused ends the line; what the commands before it
 * did stays done, as in tmux. Nothing at all is done when the line cannot be read.
 * @returns the new state, the effects in order, and a message for the person where there is one; `failed` with a refusal.
 */
export function runCommandLine(state: State, line: string, context: Context): Outcome {
  const refused = (sentence: string): Outcome => ({ state, effects: [], message: sentence, failed: true });
  const parsed = parseLine(line);
  if (!parsed.ok) return refused(parsed.sentence);
  const calls: { readonly command: Command; readonly words: readonly string[] }[] = [];
  for (const [name = '', ...words] of parsed.value) {
    const command = findCommand(name);
    if (!command.ok) return refused(command.sentence);
    calls.push({ command: command.value, words });
  }
  let now = state;
  const effects: Effect[] = [];
  const messages: string[] = [];
  for (const { command, words } of calls) {
    const args = parseArguments(command, words);
    const outcome: Outcome = args.ok ? command.run(now, args.value, context) : { state: now, effects: [], message: args.sentence, failed: true };
    now = outcome.state;
    effects.push(...outcome.effects);
    if (outcome.message !== undefined) messages.push(outcome.message);
    if (outcome.failed) return { state: now, effects, message: messages.join('\n'), failed: true };
  }
  return messages.length > 0 ? { state: now, effects, message: messages.join('\n') } : { state: now, effects };
}
