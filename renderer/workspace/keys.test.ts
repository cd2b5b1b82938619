import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeField, fakePage, pane, view, workbench, type Page, type Workbench } from './workbench.fixture.ts';
import { installKeys } from './keys.ts';
import * as model from './model.ts';

let bench: Workbench;
let page: Page;
beforeEach(() => {
  vi.useFakeTimers();
  page = fakePage();
  bench = workbench();
  installKeys(bench.controller);
  bench.emit('view', view([pane(0)]));
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

interface Held {
  readonly ctrlKey?: boolean;
  readonly shiftKey?: boolean;
  readonly target?: EventTarget;
}

/** Presses a key. True when it was kept from the shell. */
function press(key: string, held: Held = {}): boolean {
  const event = Object.assign(new Event('keydown', { cancelable: true }), {
    key,
    code: '',
    ctrlKey: held.ctrlKey ?? false,
    shiftKey: held.shiftKey ?? false,
    altKey: false,
    metaKey: false,
    isComposing: false,
    getModifierState: () => false,
  });
  if (held.target) Object.defineProperty(event, 'target', { value: held.target });
  page.window.dispatchEvent(event);
  return event.defaultPrevented;
}
const ctrl = { ctrlKey: true };
const prefix = (): boolean => press('b', ctrl);

test('a plain key is the shell’s; the prefix and the key after it are ours', () => {
  expect(press('a')).toBe(false);
  expect([prefix(), press('%')]).toEqual([true, true]);
  expect(press('%')).toBe(false);
  expect(bench.lines()).toEqual(['split-window -h']);
});

test('the keys are shown to those who hesitate, and go with the next one', async () => {
  prefix();
  expect([model.prefixActive.value, model.whichKey.value]).toEqual([true, false]);
  await vi.advanceTimersByTimeAsync(400);
  expect(model.whichKey.value).toBe(true);
  press('c');
  expect([model.prefixActive.value, model.whichKey.value]).toEqual([false, false]);
});

test('a key that does nothing says so, with the mark for that', () => {
  prefix();
  expect(press('y')).toBe(true);
  expect(model.toasts.value).toMatchObject([{ kind: 'nothing', sentence: 'y does nothing after the prefix. ctrl-b ? lists every key.' }]);
});

test('prefix esc takes the newest notice away', () => {
  bench.controller.notices.toast('stop', 'one');
  bench.controller.notices.toast('stop', 'two');
  prefix();
  press('Escape');
  expect(model.toasts.value.map(({ sentence }) => sentence)).toEqual(['one']);
});

test('a window that comes back does not think that the prefix is still down', () => {
  prefix();
  page.window.dispatchEvent(new Event('blur'));
  expect([model.prefixActive.value, press('c'), bench.lines()]).toEqual([false, false, []]);
});

test('a field keeps its keys, but not the prefix', () => {
  const target = new FakeField();
  expect(press('a', { target })).toBe(false);
  expect(press('b', { ...ctrl, target })).toBe(true);
  press('c', { target });
  expect(bench.lines()).toEqual(['new-window']);
});

test('a dialog has the keyboard, but the lock works from anywhere', () => {
  page.dialog = true;
  expect([prefix(), press('Enter')]).toEqual([false, false]);
  expect(press('L', { ctrlKey: true, shiftKey: true })).toBe(true);
  expect(bench.requests.filter(({ request }) => request === 'lock')).toHaveLength(1);
});

test('the idle warning takes any key, and the shell gets none of it', async () => {
  bench.emit('status', {
    person: 'M',
    classes: [],
    role: 'r',
    place: 'nursing',
    permits: ['session.use'],
    recording: { level: 'seal', word: 's', sealedBytes: 0 },
    ledger: { level: 'ok', word: 'l', events: 1 },
    lockIn: 20,
    idleSeconds: 300,
    warning: true,
  });
  expect(press('x')).toBe(true);
  expect(model.warned.value).toBe(false);
  expect(bench.requests.at(-1)).toEqual({ request: 'activity', input: { kind: 'key' } });
});

test('a pane whose program has ended has two keys of its own', () => {
  bench.emit('view', view([pane(0, { state: 'exited' })]));
  expect([press('Enter'), press('x'), press('a'), press('Tab')]).toEqual([true, true, true, false]);
  expect(bench.lines()).toEqual(['respawn-pane', 'kill-pane']);
});

test('without a pane Enter opens a window, once the view is known', () => {
  model.view.value = undefined;
  expect(press('Enter')).toBe(false);
  bench.emit('view', { ...view([]), windows: [] });
  expect([press('Enter'), press('a')]).toEqual([true, false]);
  expect(bench.lines()).toEqual(['new-window']);
});

test('a number while the numbers are shown goes there', () => {
  bench.emit('view', view([pane(0), pane(1)]));
  bench.emit('client', { action: 'display-panes' });
  expect(press('2')).toBe(true);
  expect(bench.requests.at(-1)!.input).toEqual({ line: 'select-pane', pane: 1 });
});

test('ctrl-shift-v is left to the browser, whose paste comes through the filter', async () => {
  expect(press('V', { ctrlKey: true, shiftKey: true })).toBe(false);
  const pasted = Object.assign(new Event('paste', { cancelable: true }), { clipboardData: { getData: () => 'x\u001b[2Jy' } });
  page.window.dispatchEvent(pasted);
  await vi.waitFor(() => expect(model.band.value?.name).toBe('paste'));
  expect([pasted.defaultPrevented, bench.terminals.get(0)!.typed]).toEqual([true, []]);
});

test('a notice that stays goes by prefix esc, also where that key is bound; one that goes by itself keeps it from nobody', () => {
  bench.emit('view', { ...view([pane(0)]), keys: [{ table: 'prefix', key: 'Escape', line: 'next-window' }] });
  bench.controller.notices.toast('note', 'This goes by itself.');
  prefix();
  press('Escape');
  expect(bench.lines()).toEqual(['next-window']);
  bench.controller.notices.toast('stop', 'This stays.');
  const before = model.toasts.value.length;
  prefix();
  press('Escape');
  expect([bench.lines().length, model.toasts.value.length]).toEqual([1, before - 1]);
  prefix();
  press('Escape');
  expect(bench.lines()).toHaveLength(2);
});
