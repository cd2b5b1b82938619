/** Commands of tmux 3.5 that Wardmux does not have: whoever types one is told so, and not that there is no such thing. */

const names = new Set(
  `attach-session bind-key capture-pane choose-buffer choose-client clear-history clear-prompt-history clock-mode customize-mode
  delete-buffer display-menu display-popup find-window has-session if-shell join-pane kill-server link-window
  list-buffers list-clients list-commands list-panes list-sessions list-windows load-buffer lock-client move-pane move-window
  next-session pipe-pane refresh-client respawn-window run-shell save-buffer server-access set-buffer
  set-environment set-hook set-window-option show-buffer show-environment show-hooks show-prompt-history show-window-options
  source-file start-server suspend-client swap-window unbind-key unlink-window wait-for`.split(/\s+/),
);

/** What is true of those that people try first. */
const instead: Readonly<Record<string, string>> = {
  'source-file': 'No file is read: give commands at this prompt. Options are set with set-option, and last until Wardmux ends.',
  'bind-key': 'Keys cannot be changed yet, but for the prefix: set-option prefix C-a.',
  'unbind-key': 'Keys cannot be changed yet, but for the prefix: set-option prefix C-a.',
  'set-window-option': 'Use set-option.',
  'show-window-options': 'Use show-options.',
  'list-windows': 'Use choose-tree.',
  'list-sessions': 'Use choose-tree.',
  'attach-session': 'Use switch-client.',
  'kill-server': 'Close the window, or press ctrl-c where Wardmux was started.',
};

const short: Readonly<Record<string, string>> = { source: 'source-file', bind: 'bind-key', unbind: 'unbind-key', setw: 'set-window-option' };

/** A sentence for a line that begins with such a command; undefined for any other line. */
export function absent(line: string): string | undefined {
  const word = /^\s*([a-z-]+)(?=\s|;|$)/.exec(line)?.[1] ?? '';
  const name = short[word] ?? word;
  return names.has(name) ? `tmux has ${name}, Wardmux does not. ${instead[name] ?? ''}`.trim() : undefined;
}
