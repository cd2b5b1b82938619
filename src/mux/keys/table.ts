/**
 * The default key tables. `prefix` holds the keys after the prefix, `root` the keys without it. What tmux binds means
 * here what it means there; Wardmux's own actions take keys that tmux leaves free (checked up to tmux 3.7). This table is
 * also the help: the which-key band, list-keys and docs/keys.md are made from it.
 */

/** The last one has what somebody bound themselves (bind-key). */
export const groups = ['Panes', 'Size and layout', 'Windows', 'Read', 'Session', 'Wardmux', 'Yours'] as const;
export type Group = (typeof groups)[number];

export interface KeyRow {
  readonly table: 'prefix' | 'root';
  /** tmux's name of the key. */
  readonly key: string;
  /** Command line that the key stands for. */
  readonly line: string;
  /** Three or four words. */
  readonly label: string;
  readonly group: Group;
  /** Works again without the prefix for repeat-time. */
  readonly repeat?: true;
  /** True where tmux has no such key: it is ours. */
  readonly own?: true;
}

const sides = [
  ['Up', 'U', 'above'],
  ['Down', 'D', 'below'],
  ['Left', 'L', 'on the left'],
  ['Right', 'R', 'on the right'],
] as const;

function prefix(key: string, line: string, label: string, group: Group, more: Pick<KeyRow, 'repeat' | 'own'> = {}): KeyRow {
  return { table: 'prefix', key, line, label, group, ...more };
}

function root(key: string, line: string, label: string, group: Group): KeyRow {
  return { table: 'root', key, line, label, group, own: true };
}

/** Not of a table of keys, because the page alone knows what the mouse has selected. */
export const copyKey = { key: 'C-S-c', label: 'copy the selection' } as const;

export const keyRows: readonly KeyRow[] = [
  prefix('%', 'split-window -h', 'split left and right', 'Panes'),
  prefix('"', 'split-window -v', 'split above and below', 'Panes'),
  ...sides.map(([key, flag, where]) => prefix(key, `select-pane -${flag}`, `pane ${where}`, 'Panes', { repeat: true })),
  prefix('o', 'select-pane -t :.+', 'next pane', 'Panes'),
  prefix(';', 'last-pane', 'last pane', 'Panes'),
  prefix('q', 'display-panes', 'show pane numbers', 'Panes'),
  prefix('>', 'pane-menu', 'menu of this pane', 'Panes'),
  prefix('x', 'confirm-before -p "Close pane #P? Its program ends." kill-pane', 'close this pane', 'Panes'),
  prefix('!', 'break-pane', 'pane to own window', 'Panes'),
  prefix('m', 'select-pane -m', 'mark this pane', 'Panes'),
  prefix('M', 'select-pane -M', 'take the mark away', 'Panes'),
  prefix('{', 'swap-pane -U', 'swap with previous', 'Panes'),
  prefix('}', 'swap-pane -D', 'swap with next', 'Panes'),
  prefix('C-o', 'rotate-window', 'rotate the panes', 'Panes'),
  prefix('M-o', 'rotate-window -D', 'rotate backwards', 'Panes'),

  prefix('z', 'resize-pane -Z', 'zoom this pane', 'Size and layout'),
  ...sides.map(([key, flag]) => prefix(`C-${key}`, `resize-pane -${flag}`, 'move border by 1', 'Size and layout', { repeat: true })),
  ...sides.map(([key, flag]) => prefix(`M-${key}`, `resize-pane -${flag} 5`, 'move border by 5', 'Size and layout', { repeat: true })),
  prefix('Space', 'next-layout', 'next layout', 'Size and layout'),
  prefix('E', 'select-layout -E', 'equal sizes', 'Size and layout'),
  prefix('M-1', 'select-layout even-horizontal', 'side by side', 'Size and layout'),
  prefix('M-2', 'select-layout even-vertical', 'one above the other', 'Size and layout'),
  prefix('M-3', 'select-layout main-horizontal', 'main pane on top', 'Size and layout'),
  prefix('M-4', 'select-layout main-vertical', 'main pane on the left', 'Size and layout'),
  prefix('M-5', 'select-layout tiled', 'tiles', 'Size and layout'),
  prefix('M-6', 'select-layout main-horizontal-mirrored', 'main pane below', 'Size and layout'),
  prefix('M-7', 'select-layout main-vertical-mirrored', 'main pane right', 'Size and layout'),

  prefix('c', 'new-window', 'new window', 'Windows'),
  prefix('n', 'next-window', 'next window', 'Windows'),
  prefix('p', 'previous-window', 'previous window', 'Windows'),
  prefix('l', 'last-window', 'last window', 'Windows'),
  ...Array.from({ length: 10 }, (_, index) => prefix(`${index}`, `select-window -t :=${index}`, `window ${index}`, 'Windows')),
  prefix('M-n', 'next-window -a', 'next alerted window', 'Windows'),
  prefix('M-p', 'previous-window -a', 'alerted window before', 'Windows'),
  prefix('.', `command-prompt -p number "move-window -t '%%'"`, 'give another number', 'Windows'),
  prefix('f', `command-prompt -p text "find-window -- '%%'"`, 'find a window', 'Windows'),
  prefix('w', 'choose-tree -Zw', 'choose a window', 'Windows'),
  prefix('<', 'window-menu', 'menu of this window', 'Windows'),
  prefix("'", `command-prompt -p index "select-window -t ':%%'"`, 'window by number', 'Windows'),
  prefix(',', `command-prompt -I "#W" "rename-window -- '%%'"`, 'rename window', 'Windows'),
  prefix('&', 'confirm-before -p "Close window #W? The programs in it end." kill-window', 'close this window', 'Windows'),

  prefix('[', 'copy-mode', 'copy mode', 'Read'),
  prefix('PPage', 'copy-mode -u', 'copy mode, up', 'Read'),
  prefix(']', 'paste-buffer -p', 'paste', 'Read'),
  prefix('=', 'choose-buffer -Z', 'choose what to paste', 'Read'),
  prefix('#', 'list-buffers', 'what was copied', 'Read'),
  prefix('-', 'delete-buffer', 'forget the last copy', 'Read'),
  prefix('S', 'search', 'search scrollback', 'Read', { own: true }),
  prefix('i', 'display-message', 'about this pane', 'Read'),

  prefix(':', 'command-prompt', 'type a command', 'Session'),
  prefix('~', 'show-messages', 'what was said', 'Session'),
  prefix('?', 'list-keys', 'every key', 'Session'),
  prefix('/', `command-prompt -p key "list-keys -1N '%%'"`, 'what a key does', 'Session'),
  prefix('r', 'refresh-client', 'draw anew', 'Session'),
  prefix('t', 'clock-mode', 'the time', 'Session'),
  prefix('s', 'choose-tree -Zs', 'choose a session', 'Session'),
  prefix('(', 'switch-client -p', 'session before', 'Session'),
  prefix(')', 'switch-client -n', 'next session', 'Session'),
  prefix('L', 'switch-client -l', 'last session', 'Session'),
  prefix('$', `command-prompt -I "#S" "rename-session -- '%%'"`, 'rename session', 'Session'),
  prefix('d', 'detach-client', 'leave, shells run on', 'Session'),
  prefix('C-b', 'send-prefix', 'send ctrl-b itself', 'Session'),

  prefix('C-l', 'lock-server', 'lock now', 'Wardmux', { own: true }),
  prefix('H', 'choose-host', 'open a host', 'Wardmux', { own: true }),
  prefix('X', 'export-pane', 'export session log', 'Wardmux', { own: true }),
  prefix('V', 'verify-pane', 'verify recording', 'Wardmux', { own: true }),
  prefix('R', 'respawn-pane', 'start program again', 'Wardmux', { own: true }),

  root('C-S-l', 'lock-server', 'lock now', 'Wardmux'),
  root('C-S-v', 'paste-buffer -p', 'paste', 'Read'),
  root('C-S-f', 'search', 'search scrollback', 'Read'),
  root('C-+', 'text-size larger', 'larger text', 'Wardmux'),
  root('C-=', 'text-size larger', 'larger text', 'Wardmux'),
  root('C--', 'text-size smaller', 'smaller text', 'Wardmux'),
  root('C-0', 'text-size standard', 'standard text', 'Wardmux'),
];
