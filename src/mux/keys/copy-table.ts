/**
 * Keys of copy mode: tmux's tables copy-mode (emacs) and copy-mode-vi, as far as we have the action. `mode-keys` chooses.
 * This table is also the help and docs/keys.md.
 */
import type { WindowOptions } from '../options.ts';

/** Named as tmux names its copy mode commands. */
export const copyActions = {
  'begin-selection': 'begin a selection',
  'select-line': 'select whole lines',
  'other-end': 'other end of the selection',
  'clear-selection': 'give the selection up',
  'copy-selection-and-cancel': 'copy and leave',
  'copy-end-of-line': 'copy to the end of the line, and leave',
  cancel: 'leave',
  'cursor-left': 'left',
  'cursor-right': 'right',
  'cursor-up': 'up',
  'cursor-down': 'down',
  'next-word': 'next word',
  'next-word-end': 'end of the word',
  'previous-word': 'word before',
  'start-of-line': 'begin of the line',
  'back-to-indentation': 'first letter of the line',
  'end-of-line': 'end of the line',
  'top-line': 'top of the screen',
  'middle-line': 'middle of the screen',
  'bottom-line': 'bottom of the screen',
  'history-top': 'oldest line',
  'history-bottom': 'newest line',
  'scroll-up': 'scroll up by a line',
  'scroll-down': 'scroll down by a line',
  'halfpage-up': 'half a page up',
  'halfpage-down': 'half a page down',
  'page-up': 'page up',
  'page-down': 'page down',
  'search-forward': 'search towards the end',
  'search-backward': 'search back',
  'search-again': 'next hit',
  'search-reverse': 'next hit, the other way',
} as const;

export type CopyAction = keyof typeof copyActions;
export type CopyKeys = WindowOptions['mode-keys'];

export interface CopyRow {
  readonly mode: CopyKeys;
  /** tmux's name of the key. */
  readonly key: string;
  readonly action: CopyAction;
  /** True where tmux has no such key in this mode: it is ours. */
  readonly own?: true;
}

const arrows: readonly (readonly [string, CopyAction])[] = [
  ['Left', 'cursor-left'],
  ['Right', 'cursor-right'],
  ['Up', 'cursor-up'],
  ['Down', 'cursor-down'],
  ['Home', 'start-of-line'],
  ['End', 'end-of-line'],
  ['PPage', 'page-up'],
  ['NPage', 'page-down'],
  ['C-Up', 'scroll-up'],
  ['C-Down', 'scroll-down'],
];

const vi: readonly (readonly [string, CopyAction])[] = [
  ['Space', 'begin-selection'],
  ['V', 'select-line'],
  ['o', 'other-end'],
  ['Escape', 'clear-selection'],
  ['Enter', 'copy-selection-and-cancel'],
  ['C-j', 'copy-selection-and-cancel'],
  ['D', 'copy-end-of-line'],
  ['q', 'cancel'],
  ['C-c', 'cancel'],
  ['h', 'cursor-left'],
  ['l', 'cursor-right'],
  ['k', 'cursor-up'],
  ['j', 'cursor-down'],
  ['w', 'next-word'],
  ['e', 'next-word-end'],
  ['b', 'previous-word'],
  ['0', 'start-of-line'],
  ['^', 'back-to-indentation'],
  ['$', 'end-of-line'],
  ['H', 'top-line'],
  ['M', 'middle-line'],
  ['L', 'bottom-line'],
  ['g', 'history-top'],
  ['G', 'history-bottom'],
  ['K', 'scroll-up'],
  ['C-y', 'scroll-up'],
  ['J', 'scroll-down'],
  ['C-e', 'scroll-down'],
  ['C-u', 'halfpage-up'],
  ['C-d', 'halfpage-down'],
  ['C-b', 'page-up'],
  ['C-f', 'page-down'],
  ['/', 'search-forward'],
  ['?', 'search-backward'],
  ['n', 'search-again'],
  ['N', 'search-reverse'],
];

const emacs: readonly (readonly [string, CopyAction])[] = [
  ['C-Space', 'begin-selection'],
  ['C-g', 'clear-selection'],
  ['M-w', 'copy-selection-and-cancel'],
  ['C-w', 'copy-selection-and-cancel'],
  ['C-k', 'copy-end-of-line'],
  ['q', 'cancel'],
  ['Escape', 'cancel'],
  ['C-c', 'cancel'],
  ['C-b', 'cursor-left'],
  ['C-f', 'cursor-right'],
  ['C-p', 'cursor-up'],
  ['C-n', 'cursor-down'],
  ['M-f', 'next-word-end'],
  ['M-b', 'previous-word'],
  ['C-a', 'start-of-line'],
  ['M-m', 'back-to-indentation'],
  ['C-e', 'end-of-line'],
  ['M-R', 'top-line'],
  ['M-r', 'middle-line'],
  ['M-<', 'history-top'],
  ['M->', 'history-bottom'],
  ['M-Up', 'halfpage-up'],
  ['M-Down', 'halfpage-down'],
  ['M-v', 'page-up'],
  ['C-v', 'page-down'],
  ['Space', 'page-down'],
  ['C-s', 'search-forward'],
  ['C-r', 'search-backward'],
  ['n', 'search-again'],
  ['N', 'search-reverse'],
];

/** Keys that tmux leaves free, for people who know neither of the two. */
const ours: readonly CopyRow[] = [
  { mode: 'vi', key: 'v', action: 'begin-selection', own: true },
  { mode: 'vi', key: 'C-Space', action: 'begin-selection', own: true },
  { mode: 'vi', key: 'y', action: 'copy-selection-and-cancel', own: true },
  { mode: 'emacs', key: 'Enter', action: 'copy-selection-and-cancel', own: true },
  { mode: 'emacs', key: '/', action: 'search-forward', own: true },
  { mode: 'emacs', key: '?', action: 'search-backward', own: true },
];

export const copyRows: readonly CopyRow[] = [
  ...[...emacs, ...arrows].map(([key, action]): CopyRow => ({ mode: 'emacs', key, action })),
  ...[...vi, ...arrows].map(([key, action]): CopyRow => ({ mode: 'vi', key, action })),
  ...ours,
];
