import { expect, test } from 'vitest';
import { commands } from '../../../src/mux/commands/index.ts';
import { runCommandLine } from '../../../src/mux/commands/run.ts';
import { createState } from '../../../src/mux/state/model.ts';
import { paneStarted } from '../../../src/mux/state/panes.ts';
import { activePane } from '../../../src/mux/state/query.ts';
import { newWindow } from '../../../src/mux/state/windows.ts';
import type { Controller } from '../controller.ts';
import { bands } from './index.tsx';

test('no two bands have one name', () => {
  expect(new Set(bands.map(({ name }) => name)).size).toBe(bands.length);
});

const fresh = newWindow(createState({ cols: 80, rows: 24 }, { session: 'main' }), { program: 'bash' }).state;
const started = paneStarted(fresh, activePane(fresh)!, 'r');

test.each(commands.flatMap(({ name, examples }) => examples.map((example) => [name, example] as const)))(
  'whatever band %s opens is there, and is given what it takes: %s',
  (_, example) => {
    const { effects } = runCommandLine(started, example, { program: 'bash', refused: () => undefined });
    for (const effect of effects) {
      if (effect.kind !== 'client' || effect.action.action !== 'open') continue;
      const { action: __, band, ...about } = effect.action;
      expect(bands.find(({ name }) => name === band)?.draw({} as Controller, { name: band, ...about }), band).toBeDefined();
    }
  },
);

test('every command that opens a band has an example, so that it is looked at', () => {
  expect(commands.filter((command) => 'opens' in command && command.examples.length === 0)).toEqual([]);
});
