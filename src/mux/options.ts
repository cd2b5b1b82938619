/** The options of tmux that Wardmux honours: one row each. Parser, help and documents come from this table. */

export interface OptionRow {
  readonly name: string;
  readonly scope: 'server' | 'session' | 'window';
  readonly type: 'number' | 'flag' | 'key' | 'choice';
  readonly default: number | boolean | string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly choices?: readonly string[];
  readonly help: string;
}

export interface Options {
  readonly prefix: string;
  readonly 'base-index': number;
  readonly 'pane-base-index': number;
  readonly 'repeat-time': number;
  readonly 'history-limit': number;
  readonly 'display-panes-time': number;
  readonly mouse: boolean;
  readonly 'mode-keys': 'vi' | 'emacs';
  readonly 'main-pane-width': number;
  readonly 'main-pane-height': number;
}

/** Lines of scrollback a pane may keep. A line of 80 columns costs about 1.4 KB in the page: 50,000 of them are 70 MB a pane. */
const historyLimitMaximum = 50_000;

export const optionRows: readonly OptionRow[] = [
  { name: 'prefix', scope: 'session', type: 'key', default: 'C-b', help: 'The key that starts a command.' },
  { name: 'base-index', scope: 'session', type: 'number', default: 0, minimum: 0, maximum: 99, help: 'Number of the first window.' },
  { name: 'pane-base-index', scope: 'window', type: 'number', default: 1, minimum: 0, maximum: 99, help: 'Number of the first pane. tmux starts at 0; Wardmux shows panes from 1.' },
  { name: 'repeat-time', scope: 'session', type: 'number', default: 500, minimum: 0, maximum: 10_000, help: 'Milliseconds in which a repeatable key works again without the prefix. 0 turns repeating off.' },
  { name: 'history-limit', scope: 'session', type: 'number', default: 2000, minimum: 0, maximum: historyLimitMaximum, help: 'Lines of scrollback kept in a pane. Everything is in the recording whatever this says.' },
  { name: 'display-panes-time', scope: 'session', type: 'number', default: 1000, minimum: 100, maximum: 60_000, help: 'Milliseconds for which display-panes shows the numbers.' },
  { name: 'mouse', scope: 'session', type: 'flag', default: true, help: 'The mouse selects panes, drags borders and selects text.' },
  { name: 'mode-keys', scope: 'window', type: 'choice', default: 'emacs', choices: ['emacs', 'vi'], help: 'Keys of copy mode.' },
  { name: 'main-pane-width', scope: 'window', type: 'number', default: 80, minimum: 10, maximum: 1000, help: 'Columns of the main pane in the layout main-vertical.' },
  { name: 'main-pane-height', scope: 'window', type: 'number', default: 24, minimum: 3, maximum: 500, help: 'Rows of the main pane in the layout main-horizontal.' },
];

export const defaultOptions: Options = Object.fromEntries(optionRows.map((row) => [row.name, row.default])) as unknown as Options;
