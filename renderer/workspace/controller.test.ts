import { expect, test, vi } from 'vitest';
import type { StatusView } from '../../src/bridge/schema.ts';
import { Refused } from '../shared/bridge.ts';
import { messages } from '../shared/messages.ts';
import { pane, view, workbench, workbenchOfEach, type Workbench } from './workbench.fixture.ts';
import * as model from './model.ts';

let bench: Workbench;
workbenchOfEach((made) => (bench = made));

const flush = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const toasts = (): (readonly [string, string])[] => model.toasts.value.map(({ kind, sentence }) => [kind, sentence] as const);

test('panes get an emulator when they come, and lose it when they go', () => {
  bench.emit('view', view([pane(0), pane(1)]));
  expect([...bench.terminals.keys()]).toEqual([0, 1]);
  bench.emit('view', view([pane(1)]));
  expect(bench.terminals.get(0)!.disposed).toBe(true);
  expect([...model.terminals.keys()]).toEqual([1]);
});

test('the core is asked to attach once, when the view and the channel of the shells are there', async () => {
  const attached = (): number => bench.requests.filter(({ request }) => request === 'workspace.attach').length;
  bench.emit('view', view([pane(0)]));
  expect(attached()).toBe(0);
  bench.emit('channel', { peer: 'vault', publicKey: '' });
  expect(attached()).toBe(0);
  bench.emit('channel', { peer: 'pty', publicKey: '' });
  bench.emit('view', view([pane(0)]));
  expect(attached()).toBe(1);
});

test('before the page is drawn nothing is asked for and no emulator is fed; what came waits, in its order', async () => {
  bench = workbench({ drawn: false });
  bench.emit('view', view([pane(0)]));
  bench.emit('channel', { peer: 'pty', publicKey: '' });
  const frames = [0, 3].map((offset) => ({ type: 'output', pane: 0, offset, bytes: new Uint8Array(3) }) as const);
  const taken = frames.map((frame) => bench.frame(frame));
  await flush();
  expect(bench.requests.filter(({ request }) => request === 'workspace.attach')).toEqual([]);
  expect(bench.terminals.get(0)!.frames).toEqual([]);
  bench.controller.drawn();
  await Promise.all(taken);
  expect(bench.terminals.get(0)!.frames).toEqual(frames);
  expect(bench.requests.filter(({ request }) => request === 'workspace.attach')).toHaveLength(1);
});

test('the marks tell an answer from a refusal and from what was proven', async () => {
  bench.emit('view', view([pane(0)]));
  bench.answers['command'] = ({ line }: { line: string }) => (line === 'wrong' ? { message: 'There is no command.', refused: true } : { message: 'mouse on' });
  await bench.controller.command('wrong');
  await bench.controller.command('show-options mouse');
  bench.answers['verify.pane'] = () => ({ good: true, sentence: 'They agree.' });
  await bench.controller.verify(0);
  expect(toasts()).toEqual([
    ['nothing', 'There is no command.'],
    ['note', 'mouse on'],
    ['ok', 'They agree.'],
  ]);
  bench.answers['verify.pane'] = () => ({ good: false, sentence: 'Record 4 is another.' });
  await bench.controller.verify(0);
  expect(model.toasts.value.at(-1)).toMatchObject({ kind: 'stop', sentence: messages.verify.bad, note: 'Record 4 is another.' });
});

test('a refused request is said in the sentence of the core, and anything else in ours', async () => {
  bench.emit('view', view([pane(0)]));
  bench.answers['command'] = () => {
    throw new Refused('locked', 'It is locked.');
  };
  await bench.controller.command('x');
  bench.answers['command'] = () => {
    throw new TypeError('undefined is not a function');
  };
  await bench.controller.command('x');
  expect(toasts()).toEqual([
    ['stop', 'It is locked.'],
    ['stop', messages.bridge.failed],
  ]);
});

test('a toast goes, a refusal stays, and both can be read again', async () => {
  bench.controller.notices.toast('ok', 'done');
  bench.controller.notices.toast('stop', 'refused');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(toasts()).toEqual([['stop', 'refused']]);
  expect(model.log.value.map(({ sentence }) => sentence)).toEqual(['done', 'refused']);
  bench.controller.notices.dismissNext();
  expect(toasts()).toEqual([]);
});

test('banners: the worst first, one of a kind, three at most', () => {
  const { notices } = bench.controller;
  for (const sentence of ['a', 'b', 'a', 'c', 'd']) notices.banner('warn', sentence);
  notices.banner('stop', 'shut');
  expect(model.banners.value.map(({ sentence }) => sentence)).toEqual(['shut', 'd', 'c']);
});

test('what stands behind a sentence is not shown over the panes, and can be read', () => {
  bench.emit('notice', { level: 'warn', sentence: '8 recordings were interrupted, and are closed.', more: ['Recording a …', 'Recording b …'] });
  expect(model.banners.value.map(({ sentence, note }) => [sentence, note])).toEqual([
    ['8 recordings were interrupted, and are closed.', 'ctrl-b ~ shows each.'],
  ]);
  expect(toasts()).toEqual([]);
  expect(model.log.value.map(({ sentence }) => sentence)).toEqual(['8 recordings were interrupted, and are closed.', 'Recording a …', 'Recording b …']);
});

test('failed tries are told over the panes, which keep their size, until they are read; and can be read again', async () => {
  bench.emit('welcome', { lastUnlock: '2026-10-27T11:50:00Z', failures: 2 });
  // Whatever else is said meanwhile: what goes by itself goes first.
  for (let i = 0; i < 4; i++) bench.controller.notices.toast('note', `${i}`);
  expect(model.toasts.value.map(({ kind }) => kind)).toEqual(['warn', 'note', 'note']);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(model.banners.value).toEqual([]);
  expect(model.toasts.value).toMatchObject([{ kind: 'warn', sentence: 'Welcome back. 2 failed tries since the last unlock.' }]);
  // Another day has its date.
  expect(model.toasts.value[0]!.note).toMatch(/^Last unlock, in a window or by a command: 2026-10-2[78] \d\d:\d\d\.$/);
  bench.controller.notices.dismissNext();
  expect(model.toasts.value).toEqual([]);
  expect(model.log.value).toContainEqual(expect.objectContaining({ sentence: expect.stringContaining('2 failed tries') as string }));
});

test('the first unlock here says how to find every key, and how to lock; a later one says when the last was', () => {
  bench.emit('welcome', { lastUnlock: null, failures: 0 });
  expect(model.toasts.value).toMatchObject([{ kind: 'note', note: 'ctrl-b ? shows every key, ctrl-shift-l locks.' }]);
  bench.controller.notices.dismissNext();
  bench.emit('welcome', { lastUnlock: '2026-10-27T11:50:00Z', failures: 0 });
  expect(model.toasts.value).toMatchObject([{ kind: 'note', note: expect.stringMatching(/^Last unlock/) as string }]);
});

test('a pane is called by its program, with its host or folder, and by the title that a shell has set', () => {
  bench.emit(
    'view',
    view([
      { ...pane(0), program: 'bash', folder: '~/beds' },
      { ...pane(1), program: 'ssh', folder: '~', host: 'lab' },
      { ...pane(2), program: 'vim', folder: '~' },
    ]),
  );
  const named = (): string[] => model.allPanes.value.map((each) => model.paneTitle(each.pane));
  expect(named()).toEqual(['bash ~/beds', 'ssh lab', 'vim ~']);
});

test('sentences name the prefix that the person has', () => {
  bench.emit('view', view([pane(0)], { prefix: 'C-a' }));
  bench.controller.notices.toast('nothing', 'ctrl-b ? lists every key.');
  expect(toasts()).toEqual([['nothing', 'ctrl-a ? lists every key.']]);
});

const told = (permits: StatusView['permits']): StatusView => ({
  classes: [],
  person: 'Mia',
  role: 'security',
  place: 'nursing',
  permits,
  recording: { level: 'none', word: 'no shell runs', sealedBytes: 0 },
  ledger: { level: 'ok', word: 'l', events: 1 },
  lockIn: 100,
  idleSeconds: 300,
  warning: false,
});

test('whoever opens no shells is asked of the core for none: no stage, no command that their roles do not permit, and it is said what that was', async () => {
  const asked = (name: string): number => bench.requests.filter(({ request }) => request === name).length;
  bench.controller.stage(800, 600);
  expect(asked('workspace.size')).toBe(0);
  bench.emit('status', told(['command.give', 'evidence.read', 'app.lock']));
  bench.controller.stage(1000, 600);
  expect([asked('workspace.size'), model.opensNoShells.value]).toEqual([0, true]);
  await bench.controller.command('command-prompt');
  await bench.controller.command('people');
  await bench.controller.command('theme dark ; new-window');
  expect(bench.lines()).toEqual(['command-prompt', 'people']);
  expect(toasts()).toEqual([['nothing', expect.stringContaining('open a pane with a recorded shell') as string]]);
});

test('whoever opens shells is asked for a stage once it is known that they do, and again when it is another', () => {
  const asked = (): unknown[] => bench.requests.filter(({ request }) => request === 'workspace.size').map(({ input }) => (input as { cols: number }).cols);
  bench.controller.stage(800, 600);
  expect(asked()).toEqual([]);
  bench.emit('status', told(['command.give', 'session.use']));
  bench.emit('status', told(['command.give', 'session.use']));
  expect([asked().length, model.opensNoShells.value]).toEqual([1, false]);
  bench.controller.stage(1000, 600);
  expect(asked()).toHaveLength(2);
});

test('the page counts down by itself, and the core is believed when it speaks', async () => {
  const status = {
    classes: [],
    person: 'M',
    role: 'r',
    place: 'nursing',
    permits: ['session.use'],
    recording: { level: 'seal', word: 's', sealedBytes: 0 },
    ledger: { level: 'ok', word: 'l', events: 1 },
  } as const;
  bench.emit('status', { ...status, lockIn: 100, idleSeconds: 300, warning: false });
  // In the line's minutes nothing changes before that: nobody is woken.
  await vi.advanceTimersByTimeAsync(10_900);
  expect(model.lockIn.value).toBe(100);
  await vi.advanceTimersByTimeAsync(200);
  expect(model.lockIn.value).toBe(89);
  await vi.advanceTimersByTimeAsync(32_000);
  expect(model.lockIn.value).toBe(57);
  bench.emit('status', { ...status, lockIn: 300, idleSeconds: 300, warning: false });
  expect(model.lockIn.value).toBe(300);
});

test('activity is told once a second, movement never in place of a key', async () => {
  const told = (): unknown[] => bench.requests.filter(({ request }) => request === 'activity').map(({ input }) => (input as { kind: string }).kind);
  await vi.advanceTimersByTimeAsync(5_000);
  const { controller } = bench;
  controller.active('move');
  controller.active('move');
  controller.active('key');
  controller.active('key');
  controller.active('move');
  expect(told()).toEqual(['move', 'key']);
  controller.keepOpen();
  expect(told()).toEqual(['move', 'key', 'key']);
});

test('keys that the core asks for are typed as the program wants them', () => {
  bench.emit('view', view([pane(0)]));
  bench.emit('client', { action: 'send-keys', pane: 0, keys: ['l', 's', 'Enter'], literal: false });
  bench.emit('client', { action: 'send-keys', pane: 0, keys: ['Enter'], literal: true });
  expect(bench.terminals.get(0)!.typed).toEqual(['ls\r', 'Enter']);
});

test('one plain line is pasted, more are asked about, and the answer decides', async () => {
  bench.emit('view', view([pane(0)]));
  const { typed } = bench.terminals.get(0)!;
  bench.controller.pasting.paste(0, 'one');
  await vi.waitFor(() => expect(typed).toEqual(['one']));
  bench.controller.pasting.paste(0, 'one\ntwo\n');
  const pasted = await vi.waitFor(() => model.band.value?.pasted ?? expect.fail('nothing was asked'));
  bench.controller.pasting.answer(0, pasted, 'no');
  expect([typed.length, model.band.value]).toEqual([1, undefined]);
  bench.controller.pasting.answer(0, pasted, 'without-last');
  expect(typed.at(-1)).toBe('one\rtwo');
});

test('what the core does not let into the pane is not pasted, and said; nor is anything where it gives no answer', async () => {
  bench.emit('view', view([pane(0)]));
  bench.answers['clipboard.paste'] = () => ({ refusal: 'It was copied in the class clinical.' });
  bench.controller.pasting.paste(0, 'one');
  await vi.waitFor(() => expect(toasts()).toEqual([['stop', 'It was copied in the class clinical.']]));
  bench.answers['clipboard.paste'] = () => {
    throw new Error('no answer');
  };
  bench.controller.pasting.paste(0, 'two');
  await vi.waitFor(() => expect(toasts()).toHaveLength(2));
  expect(bench.terminals.get(0)!.typed).toEqual([]);
});

test('a paste waits for what the core is told of a copy, and of neither it hears a letter', async () => {
  bench.emit('view', view([pane(0)]));
  bench.controller.copying.tellCore('patient Meier');
  bench.controller.pasting.paste(0, 'patient Meier');
  await vi.waitFor(() => expect(bench.terminals.get(0)!.typed).toEqual(['patient Meier']));
  const asked = bench.requests.filter(({ request }) => request.startsWith('clipboard.'));
  expect(asked.map(({ request }) => request)).toEqual(['clipboard.copied', 'clipboard.origin', 'clipboard.paste']);
  expect(asked[1]!.input).toEqual(asked[2]!.input);
  expect(JSON.stringify(asked)).not.toContain('Meier');
});

test('what the core opens in the page is opened for the pane that it names', () => {
  bench.emit('view', view([pane(0), pane(1)]));
  bench.emit('client', { action: 'open', band: 'export', pane: 1 });
  expect(model.band.value).toEqual({ name: 'export', pane: 1 });
  bench.emit('client', { action: 'open', band: 'confirm', words: { prompt: 'Close?', command: 'kill-pane' } });
  expect(model.band.value).toEqual({ name: 'confirm', words: { prompt: 'Close?', command: 'kill-pane' } });
});

test('pane numbers: a digit goes to the pane, anything else takes them away, and so does time', async () => {
  bench.emit('view', view([pane(0), pane(1)]));
  bench.emit('client', { action: 'display-panes' });
  expect([bench.controller.jump('2'), bench.lines(), bench.requests.at(-1)!.input]).toEqual([true, ['select-pane'], { line: 'select-pane', pane: 1 }]);
  bench.emit('client', { action: 'display-panes' });
  expect([bench.controller.jump('z'), model.paneNumbers.value]).toEqual([false, false]);
  bench.emit('client', { action: 'display-panes' });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(model.paneNumbers.value).toBe(false);
});

test('at the end nothing is left of the text', async () => {
  bench.emit('view', view([pane(0)]));
  bench.controller.end();
  await flush();
  expect([model.view.value, model.terminals.size, bench.terminals.get(0)!.disposed]).toEqual([undefined, 0, true]);
});

test('a list that a toast has no room for is read where all that was said is', async () => {
  const list = (lines: number): string => Array.from({ length: lines }, (_, n) => `line ${n}`).join('\n');
  bench.answers['command'] = ({ line }: { line: string }) => ({ message: list(line === 'list-panes' ? 8 : 9) });
  void bench.controller.command('list-panes');
  await flush();
  expect([toasts().at(-1), model.band.value]).toEqual([['note', list(8)], undefined]);
  const before = toasts().length;
  void bench.controller.command('list-commands');
  await flush();
  expect([toasts().length, model.band.value, model.log.value.at(-1)?.sentence]).toEqual([before, { name: 'messages' }, list(9)]);
});
