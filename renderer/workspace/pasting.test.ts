/** What is said of a paste before it goes, to whom it goes then, and what becomes of its buffer. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { messages } from '../shared/messages.ts';
import { buffers } from './clipboard.ts';
import * as model from './model.ts';
import type { AskedPaste } from './paste.ts';
import { fakePage, pane, view, workbench, type Workbench } from './workbench.fixture.ts';
import { waitFor } from '../../test/support/wait-for.ts';

let bench: Workbench;
beforeEach(() => {
  fakePage();
  bench = workbench();
  bench.answers['clipboard.paste'] = () => ({ refusal: null });
  bench.emit('view', view([pane(0), pane(1), pane(2)]));
  for (const { name } of buffers.list('general')) buffers.remove('general', name);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const bracketed = (...panes: readonly number[]): void => {
  for (const id of [0, 1, 2]) Object.assign(bench.controller.terminal(id).terminal.modes, { bracketedPasteMode: panes.includes(id) });
};
const together = (): void => {
  bench.emit('client', { action: 'synchronize', on: true });
  bench.controller.broadcast.start(bench.controller.broadcast.candidates());
};
const asked = (): Promise<AskedPaste> => waitFor(() => model.band.value?.pasted ?? expect.fail('nothing was asked'));
const typed = (id: number): string => bench.terminals.get(id)!.typed.join('');

test('the question is of all panes that get it: where one of them runs lines that is said, though the first takes a paste as one piece', async () => {
  bracketed(0, 1);
  together();
  model.band.value = undefined;
  bench.controller.pasting.paste(0, 'a\nb\n');
  expect((await asked()).reach).toEqual({ whole: true, also: 2, alsoRun: 1 });
  expect(messages.broadcast.pastesToo(2, 1)).toBe('2 more panes get it too: synchronize-panes is on. 1 of them may run each line at once.');
  expect([messages.broadcast.pastesToo(1, 1), messages.broadcast.pastesToo(2, 0)]).toEqual([
    'One more pane gets it too: synchronize-panes is on. It may run each line at once.',
    '2 more panes get it too: synchronize-panes is on. Each takes a paste as one piece.',
  ]);
});

test('what takes no paste as one piece any more, or was joined, since the question is asked about again, and nothing has gone by then', async () => {
  bracketed(0, 1, 2);
  bench.controller.pasting.paste(0, 'a\nb');
  const first = await asked();
  bracketed(1, 2);
  bench.controller.pasting.answer(0, first, 'as-is');
  const second = model.band.value!.pasted!;
  expect([typed(0), second.reach]).toEqual(['', { whole: false, also: 0, alsoRun: 0 }]);
  together();
  bench.controller.pasting.answer(0, second, 'as-is');
  const third = model.band.value!.pasted!;
  expect([typed(0), typed(1), third.reach]).toEqual(['', '', { whole: false, also: 2, alsoRun: 0 }]);
  // What is safer than it was said needs no question.
  bracketed(0, 1, 2);
  bench.controller.pasting.answer(0, third, 'as-is');
  expect([typed(0), typed(2), model.band.value]).toEqual(['\x1b[200~a\rb\x1b[201~', '\x1b[200~a\rb\x1b[201~', undefined]);
});

test('a buffer that is to be deleted stays until it was pasted: over a refusal, an answer of no, and under another text of its name', async () => {
  const paste = (): void => bench.emit('client', { action: 'paste', pane: 0, buffer: 'mine', deletes: true });
  const text = (): string | undefined => buffers.find('general', 'mine')?.text;
  buffers.set('general', 'mine', 'a\nb', 50);
  bench.answers['clipboard.paste'] = () => ({ refusal: 'It was copied in the class clinical.' });
  paste();
  await waitFor(() => expect(model.toasts.value).toHaveLength(1));
  expect(text()).toBe('a\nb');
  bench.answers['clipboard.paste'] = () => ({ refusal: null });
  paste();
  const first = await asked();
  expect(text()).toBe('a\nb');
  bench.controller.pasting.answer(0, first, 'no');
  expect([typed(0), text()]).toEqual(['', 'a\nb']);
  paste();
  const second = await asked();
  buffers.set('general', 'mine', 'newer', 50);
  bench.controller.pasting.answer(0, second, 'as-is');
  expect([typed(0), text()]).toEqual(['a\rb', 'newer']);
  paste();
  await waitFor(() => expect([typed(0), text()]).toEqual(['a\rbnewer', undefined]));
});

test('what is to stand between lines changes nothing of what the core is asked: it knows the lines as they were copied', async () => {
  const asked: unknown[] = [];
  bench.answers['clipboard.paste'] = (input) => {
    asked.push(input);
    return { refusal: null };
  };
  buffers.set('general', 'mine', 'patient Meier\npatient Schulz', 50);
  for (const separator of [undefined, '; '])
    bench.emit('client', { action: 'paste', pane: 0, buffer: 'mine', ...(separator === undefined ? {} : { separator }) });
  await waitFor(() => expect(asked).toHaveLength(2));
  expect(asked[1]).toEqual(asked[0]);
  await waitFor(() => expect(typed(0)).toContain('patient Meier; patient Schulz'));
});
