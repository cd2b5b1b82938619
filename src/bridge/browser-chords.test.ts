import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { guardChords, type GuardedKey } from './browser-chords.ts';

type Listener = (event: unknown) => void;

/** The guard as the Chromium host sends it: from its source text, with nothing around it. */
function guarded(platform = 'Linux x86_64'): (type: string, event: object) => boolean {
  const listeners = new Map<string, Listener>();
  const page = { navigator: { platform }, addEventListener: (type: string, listener: Listener) => void listeners.set(type, listener) };
  const alone = runInNewContext(`'use strict'; (${guardChords.toString()})`) as (target: unknown) => void;
  alone(page);
  return (type, event) => {
    let prevented = false;
    listeners.get(type)!({ ...event, preventDefault: () => void (prevented = true) });
    return prevented;
  };
}

const press = (chord: string, more: Partial<GuardedKey> & { altGraph?: boolean } = {}): object => {
  const parts = chord.split(' ');
  const held = parts.slice(0, -1);
  return {
    key: parts.at(-1) === 'Space' ? ' ' : parts.at(-1)!,
    isTrusted: true,
    ctrlKey: held.includes('ctrl'),
    altKey: held.includes('alt'),
    metaKey: held.includes('meta'),
    shiftKey: held.includes('shift'),
    getModifierState: (name: string) => name === 'AltGraph' && more.altGraph === true,
    ...more,
  };
};

/** Chromium's table for Linux (chrome/browser/ui/accelerator_table.cc), and what its views and its renderer add. */
const chromium = [
  ...['alt ArrowLeft', 'alt ArrowRight', 'alt Home', 'alt d', 'alt e', 'alt f', 'alt Enter', 'alt F4', 'alt F6', 'alt Space', 'alt shift a', 'alt shift b'],
  ...['alt shift i', 'alt shift n', 'alt shift t', 'alt 1', 'alt 9'],
  ...['ctrl -', 'ctrl +', 'ctrl =', 'ctrl 0', 'ctrl shift _', 'ctrl shift -', 'ctrl shift +', 'ctrl 1', 'ctrl 8', 'ctrl 9', 'ctrl Tab', 'ctrl shift Tab'],
  ...['ctrl PageUp', 'ctrl PageDown', 'ctrl shift PageUp', 'ctrl shift PageDown', 'ctrl F4', 'ctrl F5', 'ctrl F6', 'ctrl shift F6', 'ctrl shift Delete'],
  ...[
    'ctrl d',
    'ctrl e',
    'ctrl f',
    'ctrl g',
    'ctrl h',
    'ctrl j',
    'ctrl k',
    'ctrl l',
    'ctrl m',
    'ctrl n',
    'ctrl o',
    'ctrl p',
    'ctrl r',
    'ctrl s',
    'ctrl t',
    'ctrl u',
  ],
  ...['ctrl w', 'ctrl q', 'ctrl b', 'ctrl i', 'ctrl shift A', 'ctrl shift B', 'ctrl shift C', 'ctrl shift D', 'ctrl shift G', 'ctrl shift I', 'ctrl shift J'],
  ...[
    'ctrl shift M',
    'ctrl shift N',
    'ctrl shift O',
    'ctrl shift P',
    'ctrl shift Q',
    'ctrl shift R',
    'ctrl shift T',
    'ctrl shift W',
    'ctrl shift Y',
    'ctrl shift U',
  ],
  ...[
    'shift Escape',
    'shift F3',
    'shift F5',
    'shift F6',
    'shift F10',
    'F1',
    'F3',
    'F5',
    'F6',
    'F7',
    'F10',
    'F11',
    'F12',
    'ContextMenu',
    'meta l',
    'meta shift Escape',
  ],
  ...[
    'ctrl Enter',
    'ctrl Space',
    'ctrl alt i',
    'ctrl alt shift i',
    'BrowserBack',
    'BrowserForward',
    'BrowserRefresh',
    'BrowserHome',
    'BrowserSearch',
    'BrowserFavorites',
  ],
  ...['Find', 'Print', 'Save', 'Open', 'New', 'Close', 'ZoomIn', 'ZoomOut', 'LaunchMail', 'Help', 'Cancel', 'Unidentified'],
];
test.each(chromium)('the browser gets nothing of %s', (chord) => {
  expect(guarded()('keydown', press(chord))).toBe(true);
});

const text = [
  ...[
    'a',
    'A',
    'ä',
    '漢',
    'Space',
    '-',
    '+',
    '0',
    'Enter',
    'Tab',
    'shift Tab',
    'Backspace',
    'Delete',
    'Escape',
    'Insert',
    'shift Insert',
    'ArrowLeft',
    'shift ArrowLeft',
  ],
  ...[
    'Home',
    'End',
    'PageUp',
    'PageDown',
    'ctrl a',
    'ctrl c',
    'ctrl v',
    'ctrl x',
    'ctrl z',
    'ctrl y',
    'ctrl shift V',
    'ctrl shift Z',
    'ctrl Backspace',
    'ctrl ArrowLeft',
  ],
  ...['ctrl shift ArrowRight', 'ctrl Insert', 'Shift', 'ctrl Control', 'alt Alt', 'AltGraph', 'Dead', 'Process'],
];
test.each(text)('%s goes on entering and editing text', (chord) => {
  expect(guarded()('keydown', press(chord))).toBe(false);
});

test('a character of AltGr, of a Mac’s option key and of an input method is a character', () => {
  // Windows reports AltGr as ctrl and alt.
  expect(guarded()('keydown', press('ctrl alt @', { altGraph: true }))).toBe(false);
  expect(guarded()('keydown', press('alt @'))).toBe(true);
  expect(guarded('MacIntel')('keydown', press('alt @'))).toBe(false);
  expect(guarded('MacIntel')('keydown', press('meta alt i'))).toBe(true);
});

test.each(['Dead', 'Process'])('%s with ctrl, alt or meta is a chord as any other: the browser goes by the place of the key', (key) => {
  for (const held of ['ctrl', 'ctrl shift', 'alt', 'alt shift', 'meta', 'ctrl alt', 'ctrl meta'])
    expect(guarded()('keydown', press(`${held} ${key}`))).toBe(true);
  for (const held of ['ctrl', 'meta', 'meta alt']) expect(guarded('MacIntel')('keydown', press(`${held} ${key}`))).toBe(true);
  // Of AltGr, which Windows reports as ctrl and alt, and of a Mac's option key it is a part of a character.
  expect(guarded()('keydown', press(`ctrl alt ${key}`, { altGraph: true }))).toBe(false);
  expect(guarded('MacIntel')('keydown', press(`alt ${key}`))).toBe(false);
  expect(guarded()('keydown', press(`shift ${key}`))).toBe(false);
});

test('a key that a script of ours gives again keeps its default', () => {
  expect(guarded()('keydown', press('ctrl w', { isTrusted: false }))).toBe(false);
});

test('the menu, dropped files, the zoom of the wheel and the back button of a mouse do nothing', () => {
  const at = guarded();
  for (const type of ['contextmenu', 'dragover', 'drop']) expect(at(type, {})).toBe(true);
  expect([at('wheel', { ctrlKey: true }), at('wheel', { ctrlKey: false })]).toEqual([true, false]);
  expect([0, 1, 2, 3, 4].map((button) => at('mouseup', { button }))).toEqual([false, false, false, true, true]);
});
