/** Commands of tmux 3.5 that Wardmux does not have: whoever types one is told so, and not that there is no such thing. */

const names = new Set(
  `attach-session capture-pane choose-client clear-history clear-prompt-history customize-mode
  display-menu display-popup if-shell kill-server link-window
  load-buffer lock-client
  next-session pipe-pane respawn-window run-shell save-buffer server-access
  set-environment set-hook show-environment show-hooks show-prompt-history
  start-server suspend-client unlink-window wait-for`.split(/\s+/),
);

/** What is true of those that people try first. */
const instead: Readonly<Record<string, string>> = {
  'run-shell': 'It runs a program that nobody sees and no recording has.',
  'if-shell': 'It runs a program that nobody sees and no recording has.',
  'set-hook': 'Nothing runs here that nobody has asked for.',
  'pipe-pane': 'Every pane is recorded, sealed: wardmux export gives it out.',
  'load-buffer': 'A buffer is in the window alone, and no file is read into one.',
  'save-buffer': 'A buffer is in the window alone, and never on a disk.',
  'suspend-client': 'A window has no shell around it: detach-client leaves it.',
  'choose-client': 'There is one window, and it is yours.',
  'customize-mode': 'show-options lists the options, set-option sets one.',
  'attach-session': 'Use switch-client.',
  'kill-server': 'Close the window, or press ctrl-c where Wardmux was started.',
};

/** tmux's aliases of those. */
const short: Readonly<Record<string, string>> = {
  attach: 'attach-session',
  capturep: 'capture-pane',
  clearhist: 'clear-history',
  if: 'if-shell',
  linkw: 'link-window',
  loadb: 'load-buffer',
  lockc: 'lock-client',
  menu: 'display-menu',
  pipep: 'pipe-pane',
  popup: 'display-popup',
  respawnw: 'respawn-window',
  run: 'run-shell',
  saveb: 'save-buffer',
  setenv: 'set-environment',
  showenv: 'show-environment',
  start: 'start-server',
  suspendc: 'suspend-client',
  unlinkw: 'unlink-window',
  wait: 'wait-for',
};

const sentence = (name: string): string => `tmux has ${name}, Wardmux does not. ${instead[name] ?? ''}`.trim();

/** A sentence for such a command, by its name or its alias; undefined for any other. */
export function absentCommand(word: string): string | undefined {
  const name = short[word] ?? word;
  return names.has(name) ? sentence(name) : undefined;
}

/** The same by the beginning of its name, where that is only one's. */
export function absentByBeginning(word: string): string | undefined {
  const begins = word.length > 2 ? [...names].filter((name) => name.startsWith(word)) : [];
  return begins.length === 1 ? sentence(begins[0]!) : undefined;
}
