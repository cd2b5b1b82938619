/**
 * Names of keys as tmux writes them: C-b, M-x, Up, C-Left, BTab, DC. Which bytes a key sends to a program is the
 * terminal emulator's business; here a key is only something that a table can bind.
 */

/** What we need of a DOM KeyboardEvent. `altGraph` is event.getModifierState('AltGraph'). */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
  readonly altGraph?: boolean;
}

const fromDom: Readonly<Record<string, string>> = {
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  Backspace: 'BSpace',
  Delete: 'DC',
  Insert: 'IC',
  Home: 'Home',
  End: 'End',
  PageUp: 'PPage',
  PageDown: 'NPage',
  Enter: 'Enter',
  Escape: 'Escape',
  Tab: 'Tab',
  ' ': 'Space',
};
const functionKeys = Array.from({ length: 12 }, (_, index) => `F${index + 1}`);
const named = new Set([...Object.values(fromDom), 'BTab', ...functionKeys]);

/** Other spellings that tmux accepts, in lower case. */
const synonyms: Readonly<Record<string, string>> = { pageup: 'PPage', pgup: 'PPage', pagedown: 'NPage', pgdn: 'NPage', delete: 'DC', insert: 'IC' };

/** Name of a pressed key, or undefined for what is no key of ours: a modifier alone, a dead key, the platform's own (Meta) shortcuts. */
export function keyName(press: KeyPress): string | undefined {
  if (press.metaKey) return undefined;
  const special = fromDom[press.key] ?? (functionKeys.includes(press.key) ? press.key : undefined);
  if (special) {
    if (special === 'Tab' && press.shiftKey) return modified('BTab', press.ctrlKey, press.altKey, false);
    return modified(special, press.ctrlKey, press.altKey, press.shiftKey);
  }
  if ([...press.key].length !== 1) return undefined;
  // A character made with AltGr is that character: on Windows it arrives with ctrl and alt set.
  if (press.altGraph) return press.key;
  let char = press.key;
  // With ctrl or alt the position counts when the layout has no Latin letter there (Cyrillic, Greek, or option on a Mac).
  if ((press.ctrlKey || press.altKey) && !/^[\x21-\x7e]$/.test(char)) {
    const position = /^(?:Key([A-Z])|Digit([0-9]))$/.exec(press.code);
    if (position) char = (position[1] ?? position[2] ?? char).toLowerCase();
    if (position?.[1] && press.shiftKey) char = char.toUpperCase();
  }
  if (!press.ctrlKey) return modified(char, false, press.altKey, false);
  // ctrl-shift-letter is a key of its own, so that ctrl-shift-c is never taken for ctrl-c.
  return modified(char.toLowerCase(), true, press.altKey, press.shiftKey && /^[a-z]$/i.test(char));
}

function modified(key: string, ctrl: boolean, alt: boolean, shift: boolean): string {
  return `${ctrl ? 'C-' : ''}${alt ? 'M-' : ''}${shift ? 'S-' : ''}${key}`;
}

/** Brings a name that a person wrote (^b, c-B, M-pgup) into the one spelling, or undefined when there is no such key. */
export function normalizeKey(text: string): string | undefined {
  let rest = text;
  let ctrl = false;
  let alt = false;
  let shift = false;
  if (/^\^.$/.test(rest)) {
    ctrl = true;
    rest = rest.slice(1);
  }
  for (let match = /^([CMS])-(?=.)/i.exec(rest); match; match = /^([CMS])-(?=.)/i.exec(rest)) {
    const modifier = match[1]?.toUpperCase();
    if (modifier === 'C') ctrl = true;
    else if (modifier === 'M') alt = true;
    else shift = true;
    rest = rest.slice(2);
  }
  if ([...rest].length === 1) {
    if (rest === ' ') rest = 'Space';
    else if (/[\x00-\x1f\x7f]/.test(rest)) return undefined;
    else if (ctrl) return modified(rest.toLowerCase(), true, alt, shift);
    else return modified(shift ? rest.toUpperCase() : rest, false, alt, false);
  }
  const lower = rest.toLowerCase();
  const known = synonyms[lower] ?? [...named].find((name) => name.toLowerCase() === lower);
  return known === undefined ? undefined : modified(known, ctrl, alt, shift);
}

/** Whether a key, in its one spelling, ends a line in a shell, and so runs it: Enter and what sends the same, and C-o (operate-and-get-next of readline). */
export const endsLine = (key: string): boolean => /(?:^|-)Enter$|^C-(?:M-)?(?:S-)?[jmo]$/.test(key);

const labels: Readonly<Record<string, string>> = {
  Up: '↑',
  Down: '↓',
  Left: '←',
  Right: '→',
  Space: 'space',
  Enter: 'enter',
  Escape: 'esc',
  DC: 'delete',
  IC: 'insert',
  PPage: 'page up',
  NPage: 'page down',
  BSpace: 'backspace',
  BTab: 'shift-tab',
  Tab: 'tab',
};

/** A name for people: ctrl-b, alt-1, ctrl-↑. */
export function keyLabel(name: string): string {
  let rest = name;
  let prefix = '';
  for (let match = /^([CMS])-(?=.)/.exec(rest); match; match = /^([CMS])-(?=.)/.exec(rest)) {
    prefix += match[1] === 'C' ? 'ctrl-' : match[1] === 'M' ? 'alt-' : 'shift-';
    rest = rest.slice(2);
  }
  return prefix + (labels[rest] ?? rest);
}
