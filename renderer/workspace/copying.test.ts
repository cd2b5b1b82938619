/** Copy mode in one pane at a time, and what becomes of what was copied. */
import { signal } from '@preact/signals';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MOST_TEXT } from './buffers.ts';
import { buffers } from './clipboard.ts';
import { Copying } from './copying.ts';
import { type Emulator, emulator } from './emulator.fixture.ts';
import * as model from './model.ts';
import { Notices } from './notices.ts';
import type { TerminalView } from './terminal-view.ts';
import { pane, view } from './workbench.fixture.ts';

let clipboard: string[];
let told: string[];
let takes: boolean;
beforeEach(() => {
  [clipboard, told, takes] = [[], [], true];
  model.view.value = view([pane(0), pane(1)]);
  model.copying.value = undefined;
  model.toasts.value = [];
  for (const { name } of buffers.list('general')) buffers.remove('general', name);
  let fill: ((event: unknown) => void) | undefined;
  vi.stubGlobal('document', {
    addEventListener: (_: string, listener: typeof fill) => (fill = listener),
    removeEventListener: () => (fill = undefined),
    getElementById: () => null,
    execCommand: () => {
      if (takes)
        fill?.({ clipboardData: { setData: (_: string, text: string) => clipboard.push(text) }, preventDefault: () => {}, stopImmediatePropagation: () => {} });
    },
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function copyingIn(...emulators: readonly Emulator[]): { readonly copying: Copying; readonly cleared: number[] } {
  const cleared: number[] = [];
  const views = emulators.map(
    (terminal, at) => ({ terminal, prompts: terminal.prompts, found: signal(undefined), clearSearch: () => cleared.push(at) }) as unknown as TerminalView,
  );
  const copied = (_: number, text: string): void => void told.push(text);
  return {
    copying: new Copying(
      (at) => views[at]!,
      new Notices(),
      { copied },
      async () => ({ clearedAtLock: true }),
    ),
    cleared,
  };
}

const toasts = (): readonly string[] => model.toasts.value.map(({ kind, sentence }) => `${kind}: ${sentence}`);
const names = (): readonly string[] => buffers.list('general').map(({ name }) => name);

test('in another pane it is over in the first one: no selection, no mark and no hit is left there, and its end is shown', async () => {
  const [first, second] = [await emulator('line\n'.repeat(30)), await emulator('other\n'.repeat(30))];
  const { copying, cleared } = copyingIn(first, second);
  copying.enter(0, { pageUp: true });
  for (const key of ['C-Space', 'M-<']) copying.key(key, () => {});
  expect([first.getSelection() !== '', first.marks(), first.shownFrom()]).toEqual([true, 1, 0]);
  copying.enter(1);
  expect([first.getSelection(), first.marks(), first.shownFrom()]).toEqual(['', 0, first.buffer.active.baseY]);
  expect([cleared, model.copying.value?.pane, second.marks()]).toEqual([[0], 1, 1]);
  copying.leave();
  expect([second.marks(), model.copying.value]).toEqual([0, undefined]);
});

test('appending ends where a class has as much text as it may have, and says so: the buffer and the clipboard stay as they were', async () => {
  const { copying } = copyingIn(await emulator('x'));
  copying.copied(0, 'a'.repeat(MOST_TEXT - 3));
  copying.copied(0, 'bcd', true);
  expect(buffers.find('general')!.text.length).toBe(MOST_TEXT);
  copying.copied(0, 'e', true);
  expect([buffers.find('general')!.text.length, clipboard.length, told.length]).toEqual([MOST_TEXT, 2, 2]);
  expect(toasts().at(-1)).toBe(
    `warn: Nothing was appended to buffer ${names()[0]}: it would have more than 8 388 608 characters, and no more are kept of a class.`,
  );
  copying.buffer({ action: 'buffer', deed: 'append', text: 'f' });
  expect([buffers.find('general')!.text.length, told.length, toasts().length]).toEqual([MOST_TEXT, 2, 2]);
});

test('a text that no class can keep is on the clipboard alone, and where it is not even there that is said', async () => {
  const { copying } = copyingIn(await emulator('x'));
  copying.copied(0, 'kept');
  copying.copied(0, 'a'.repeat(MOST_TEXT + 1));
  expect([buffers.list('general').map(({ text }) => text), clipboard.at(-1)!.length]).toEqual([['kept'], MOST_TEXT + 1]);
  expect(toasts()).toEqual(['warn: The text is in no buffer: it has more than 8 388 608 characters, and no more are kept of a class.']);
  takes = false;
  copying.copied(0, 'a'.repeat(MOST_TEXT + 1));
  expect(toasts().at(-1)).toBe('warn: The clipboard refused the text. Nothing was copied.');
});

test('what goes because there is no room for its text is counted', async () => {
  const { copying } = copyingIn(await emulator('x'));
  for (const name of ['one', 'two']) copying.buffer({ action: 'buffer', deed: 'set', buffer: name, text: 'a'.repeat(MOST_TEXT / 2) });
  expect(toasts()).toEqual([]);
  copying.buffer({ action: 'buffer', deed: 'set', buffer: 'three', text: 'b'.repeat(MOST_TEXT) });
  expect([names(), toasts()]).toEqual([['three'], ['warn: The 2 oldest buffers of this class went: together they may have 8 388 608 characters.']]);
});
