/** The table of commands. */
import type { Command } from './command.ts';
import type { Result } from '../layout.ts';
import { breakPane } from './break-pane.ts';
import { chooseTree } from './choose-tree.ts';
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
import { paneMenu } from './pane-menu.ts';
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
import { showMessages } from './show-messages.ts';
import { showOptions } from './show-options.ts';
import { splitWindow } from './split-window.ts';
import { swapPane } from './swap-pane.ts';
import { textSize } from './text-size.ts';
import { theme } from './theme.ts';
import { verifyPane } from './verify-pane.ts';

/** By name. */
export const commands: readonly Command[] = [
  breakPane,
  chooseTree,
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
  paneMenu,
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
  showMessages,
  showOptions,
  splitWindow,
  swapPane,
  textSize,
  theme,
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
