/** What is typed into several panes: into those that somebody has said yes to, and into no other. */
import { expect, test, vi } from 'vitest';
import { pane, view, workbenchOfEach, type Workbench } from './workbench.fixture.ts';
import * as model from './model.ts';
import { waitFor } from '../../test/support/wait-for.ts';

let bench: Workbench;
workbenchOfEach((made) => (bench = made));

const on = (...panes: Parameters<typeof pane>[]): void => {
  bench.emit('view', view(panes.map((each) => pane(...each))));
  bench.emit('client', { action: 'synchronize', on: true });
  bench.controller.broadcast.start(bench.controller.broadcast.candidates());
};
const type = (from: number, data: string): void => bench.terminals.get(from)!.port.typed(from, data);
const typed = (): Record<number, string> => Object.fromEntries([...bench.terminals].map(([id, fake]) => [id, fake.typed.join('')]));
const receivers = (): readonly number[] => model.broadcast.value?.receivers.map((each) => each.pane) ?? [];

test('nothing is typed elsewhere before somebody has said yes to the list', () => {
  bench.emit('view', view([pane(0), pane(1)]));
  bench.emit('client', { action: 'synchronize', on: true });
  expect([model.band.value, model.broadcast.value]).toEqual([{ name: 'broadcast' }, undefined]);
  type(0, 'x');
  expect(typed()).toEqual({ 0: '', 1: '' });
});

test('keys go to the others, not back, and not to a pane that was opened since or has no program', () => {
  on([0], [1], [2, { state: 'exited' }]);
  bench.emit('view', view([pane(0), pane(1), pane(2), pane(3)]));
  type(0, 'ls\r');
  type(3, 'mine');
  expect(typed()).toEqual({ 0: '', 1: 'ls\r', 2: '', 3: '' });
});

test('cursor keys are those of the pane that gets them; reports of mouse and focus stay', () => {
  on([0], [1]);
  type(0, '\x1bOA');
  type(0, '\x1b[B');
  for (const report of ['\x1b[I', '\x1b[O', '\x1b[<0;1;1M', '\x1b[M !!']) type(0, report);
  expect(typed()[1]).toBe('\x1b[A\x1b[B');
});

test('a paste goes to all, each as it takes pastes', async () => {
  on([0], [1]);
  bench.answers['clipboard.paste'] = () => ({ refusal: null });
  // What is digested takes its own time.
  vi.useRealTimers();
  bench.controller.pasting.paste(0, 'df -h');
  await waitFor(() => expect(typed()).toEqual({ 0: 'df -h', 1: 'df -h' }));
});

test('it ends by the option, where the others are gone, and where a pane is on another host', () => {
  on([0], [1], [2]);
  bench.emit('view', view([pane(0), pane(2)]));
  expect(receivers()).toEqual([0, 2]);
  bench.emit('view', view([pane(0), pane(2, { host: 'prod-1' })]));
  expect([receivers(), model.toasts.value.at(-1)?.sentence]).toEqual([[], 'Pane 3 is on another host now: what you type goes into one pane again.']);
  on([0], [1]);
  bench.emit('view', view([pane(0)]));
  expect(receivers()).toEqual([]);
  on([0], [1]);
  bench.emit('client', { action: 'synchronize' });
  expect(receivers()).toEqual([]);
  type(0, 'x');
  expect(typed()[1]).toBe('');
});

test('with one pane there is nothing to ask', () => {
  bench.emit('view', view([pane(0)]));
  bench.emit('client', { action: 'synchronize', on: true });
  expect([model.band.value, model.toasts.value.at(-1)?.kind]).toEqual([undefined, 'nothing']);
});

test('which panes are typed into together is told to main, and when they are not any more', () => {
  const told = (): unknown[] => bench.requests.filter(({ request }) => request === 'synchronized').map(({ input }) => input);
  bench.emit('view', view([pane(0), pane(1), pane(2)]));
  bench.emit('client', { action: 'synchronize', on: true });
  expect(told()).toEqual([]);
  bench.controller.broadcast.start(bench.controller.broadcast.candidates());
  bench.emit('view', view([pane(0), pane(2)]));
  bench.emit('view', view([pane(0), pane(2)]));
  bench.emit('client', { action: 'synchronize', on: false });
  bench.emit('client', { action: 'synchronize', on: false });
  expect(told()).toEqual([{ panes: [0, 1, 2] }, { panes: [0, 2] }, { panes: [] }]);
});
