import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCommand } from '../commands/index.ts';
import { parseLine } from '../commands/lexer.ts';
import { runCommandLine } from '../commands/run.ts';
import { createState } from '../state/model.ts';
import { newWindow } from '../state/windows.ts';
import { listKeys } from './list.ts';
import { type KeyState, feed, idleKeys } from './machine.ts';
import { type KeyPress, keyLabel, keyName, normalizeKey } from './names.ts';
import { keyRows } from './table.ts';

const options = { prefix: 'C-b', 'repeat-time': 500 };

function press(key: string, modifiers: Partial<KeyPress> = {}): KeyPress {
  return { key, code: '', ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, ...modifiers };
}

/** Feeds keys at given times; returns the command lines and the state. */
function type(
  keys: readonly (readonly [string | undefined, number])[],
  with_ = options,
): { lines: (string | undefined)[]; consumed: boolean[]; state: KeyState } {
  let state = idleKeys;
  const lines: (string | undefined)[] = [];
  const consumed: boolean[] = [];
  for (const [key, at] of keys) {
    const fed = feed(state, key, at, with_);
    state = fed.state;
    lines.push(fed.commandLine);
    consumed.push(fed.consumed);
  }
  return { lines, consumed, state };
}

describe('names of keys', () => {
  it.each<[KeyPress, string | undefined]>([
    [press('b', { ctrlKey: true }), 'C-b'],
    [press('x', { altKey: true }), 'M-x'],
    [press('%', { shiftKey: true }), '%'],
    [press('"', { shiftKey: true }), '"'],
    [press('A', { shiftKey: true }), 'A'],
    [press('ArrowLeft', { ctrlKey: true }), 'C-Left'],
    [press('ArrowUp', { altKey: true }), 'M-Up'],
    [press('Tab', { shiftKey: true }), 'BTab'],
    [press(' '), 'Space'],
    [press('PageUp'), 'PPage'],
    [press('F5', { shiftKey: true }), 'S-F5'],
    [press('C', { ctrlKey: true, shiftKey: true }), 'C-S-c'],
    [press('1', { altKey: true }), 'M-1'],
    [press('и', { ctrlKey: true, code: 'KeyB' }), 'C-b'],
    [press('∫', { altKey: true, code: 'KeyB' }), 'M-b'],
    [press('{', { ctrlKey: true, altKey: true, altGraph: true, code: 'Digit7' }), '{'],
    [press('Control', { ctrlKey: true }), undefined],
    [press('Dead'), undefined],
    [press('c', { metaKey: true }), undefined],
  ])('%o is %s', (event, name) => {
    expect(keyName(event)).toBe(name);
  });

  it.each([
    ['^b', 'C-b'],
    ['c-B', 'C-b'],
    ['M-pgup', 'M-PPage'],
    ['S-Up', 'S-Up'],
    ['space', 'Space'],
    ['nonsense', undefined],
    ['', undefined],
  ])('normalises %s to %s', (text, name) => {
    expect(normalizeKey(text)).toBe(name);
  });

  it('has every key of the tables in its one spelling, and a label', () => {
    for (const row of keyRows) {
      expect(normalizeKey(row.key)).toBe(row.key);
      expect(keyLabel(row.key)).not.toMatch(/^[CM]-|PPage/);
    }
  });
});

describe('key tables', () => {
  it('binds each key once', () => {
    const seen = keyRows.map((row) => `${row.table} ${row.key}`);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('has only lines that can be run', () => {
    const state = newWindow(createState({ cols: 120, rows: 40 }), { program: 'sh' }).state;
    for (const row of keyRows) {
      const parsed = parseLine(row.line);
      expect(parsed.ok, row.line).toBe(true);
      if (parsed.ok) for (const [name = ''] of parsed.value) expect(findCommand(name).ok, row.line).toBe(true);
      const outcome = runCommandLine(state, row.line, { program: 'sh', refused: () => undefined });
      expect(outcome.message ?? '', row.line).not.toMatch(/no flag|missing|too many|no command|not one layout/);
      for (const effect of outcome.effects) {
        if (effect.kind !== 'client' || effect.action.action !== 'open' || !effect.action.words) continue;
        const { command, template = '' } = effect.action.words;
        const inner = command ?? template.replace('%%', '1');
        if (inner.trim() !== '1')
          expect(runCommandLine(state, inner, { program: 'sh', refused: () => undefined }).message ?? '', inner).not.toMatch(
            /no flag|missing|too many|no command/,
          );
      }
    }
  });

  it('means by tmux keys what tmux means', () => {
    const line = (key: string): string | undefined => keyRows.find((row) => row.table === 'prefix' && row.key === key)?.line;
    expect([line('%'), line('"'), line('o'), line(';'), line('z'), line('Space'), line('M-5'), line('l')]).toEqual([
      'split-window -h',
      'split-window -v',
      'select-pane -t :.+',
      'last-pane',
      'resize-pane -Z',
      'next-layout',
      'select-layout tiled',
      'last-window',
    ]);
  });

  it('takes no key of tmux for an action of our own', () => {
    expect(keyRows.some((row) => row.own)).toBe(true);
    // The default prefix table of tmux 3.3a to 3.8.
    const tmux = [
      'C-b',
      'C-o',
      'C-z',
      'Space',
      ...`!"#$%&'(),-./0123456789:;<=>?@CDELMT[]cdfgilmnopqrstwxz{}~*`,
      'Tab',
      'BTab',
      'DC',
      'PPage',
      'Up',
      'Down',
      'Left',
      'Right',
      ...['C', 'M', 'S'].flatMap((m) => ['Up', 'Down', 'Left', 'Right'].map((k) => `${m}-${k}`)),
      ...'1234567nop'.split('').map((k) => `M-${k}`),
    ];
    for (const row of keyRows) if (row.table === 'prefix') expect(tmux.includes(row.key), row.key).toBe(row.own !== true);
  });

  it('lists every row with help, by group', () => {
    const rows = [...listKeys('prefix'), ...listKeys('root')];
    expect(rows).toHaveLength(keyRows.length);
    expect(rows.every((row) => row.label.length > 2 && row.label.length < 26 && row.keyLabel.length > 0)).toBe(true);
    const order = listKeys('prefix').map((row) => row.group);
    expect(order).toEqual([...order].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
  });
});

describe('prefix machine', () => {
  it('runs the key after the prefix, and only that', () => {
    expect(
      type([
        ['C-b', 0],
        ['%', 10],
        ['%', 20],
      ]),
    ).toMatchObject({ lines: [undefined, 'split-window -h', undefined], consumed: [true, true, false] });
  });

  it('waits for ever, ignores modifiers alone, and swallows a key that means nothing', () => {
    expect(
      type([
        ['C-b', 0],
        [undefined, 1],
        ['c', 1e9],
      ]).lines,
    ).toEqual([undefined, undefined, 'new-window']);
    expect(feed({ prefixActive: true, repeatUntil: undefined }, 'Escape', 0, options)).toMatchObject({
      consumed: true,
      unbound: 'Escape',
      prefixActive: false,
    });
  });

  it('repeats within repeat-time and no longer', () => {
    expect(
      type([
        ['C-b', 0],
        ['Up', 0],
        ['Up', 499],
        ['Left', 998],
        ['C-Up', 1497],
      ]).lines,
    ).toEqual([undefined, 'select-pane -U', 'select-pane -U', 'select-pane -L', 'resize-pane -U']);
    expect(
      type([
        ['C-b', 0],
        ['Up', 0],
        ['Up', 500],
      ]),
    ).toMatchObject({ lines: [undefined, 'select-pane -U', undefined], consumed: [true, true, false] });
  });

  it('gives a key that does not repeat to the program, and ends repeating', () => {
    expect(
      type([
        ['C-b', 0],
        ['Up', 0],
        ['c', 100],
        ['Up', 200],
      ]),
    ).toMatchObject({ lines: [undefined, 'select-pane -U', undefined, undefined], consumed: [true, true, false, false] });
  });

  it('takes the prefix while repeating', () => {
    expect(
      type([
        ['C-b', 0],
        ['Up', 0],
        ['C-b', 100],
        ['c', 200],
      ]).lines,
    ).toEqual([undefined, 'select-pane -U', undefined, 'new-window']);
  });

  it('sends the prefix when pressed twice, wherever it is', () => {
    expect(
      type([
        ['C-b', 0],
        ['C-b', 1],
      ]).lines,
    ).toEqual([undefined, 'send-prefix']);
    expect(
      type(
        [
          ['C-a', 0],
          ['C-a', 1],
          ['C-b', 2],
        ],
        { prefix: 'C-a', 'repeat-time': 500 },
      ),
    ).toMatchObject({ lines: [undefined, 'send-prefix', undefined], consumed: [true, true, false] });
  });

  it('does not repeat with a repeat-time of 0', () => {
    expect(
      type(
        [
          ['C-b', 0],
          ['Up', 0],
          ['Up', 0],
        ],
        { prefix: 'C-b', 'repeat-time': 0 },
      ).consumed,
    ).toEqual([true, true, false]);
  });

  it('locks by its own key without the prefix', () => {
    expect(type([['C-S-l', 0]])).toMatchObject({ lines: ['lock-server'], consumed: [true] });
  });

  it('never lets the key after the prefix through, nor takes a plain key otherwise', () => {
    expect(feed(idleKeys, 'a', 0, options).consumed).toBe(false);
    const key = fc.constantFrom('C-b', 'a', 'c', 'Up', 'C-Up', 'Enter', '%', 'Escape', 'M-Left', 'q');
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.integer({ min: 0, max: 800 })), { maxLength: 40 }), (keys) => {
        let state = idleKeys;
        let now = 0;
        for (const [name, after] of keys) {
          now += after;
          const fed = feed(state, name, now, options);
          if (state.prefixActive) expect(fed.consumed).toBe(true);
          const mayRepeat = state.repeatUntil !== undefined && now < state.repeatUntil;
          if (!state.prefixActive && !mayRepeat) expect(fed.consumed).toBe(name === 'C-b');
          if (fed.commandLine !== undefined) expect(fed.consumed).toBe(true);
          if (fed.repeatUntil !== undefined) expect(fed.repeatUntil).toBe(now + 500);
          state = fed.state;
        }
      }),
    );
  });
});
