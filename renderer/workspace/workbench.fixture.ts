/** A page without a browser, for the tests of the controller and the keyboard: events, a bridge that notes, an emulator that notes. */
import { afterEach, beforeEach, vi } from 'vitest';
import { signal } from '@preact/signals';
import type { EventName, Events } from '../../src/bridge/schema.ts';
import type { ViewFrame } from '../../src/bridge/frames.ts';
import type { PaneView, WorkspaceView } from '../../src/types/workspace-view.ts';
import { defaultOptions, flatOptions, type FlatOptions } from '../../src/mux/options.ts';
import type { Bridge } from '../shared/bridge.ts';
import { Controller } from './controller.ts';
import * as model from './model.ts';
import type { TerminalPort, TerminalView } from './terminal-view.ts';

export class FakeField extends EventTarget {}

/** What the two ask of a document: whether a dialog is open, and which element has the focus. */
export interface Page {
  readonly window: EventTarget;
  dialog: boolean;
}

export function fakePage(): Page {
  const page: Page = { window: new EventTarget(), dialog: false };
  vi.stubGlobal('window', page.window);
  vi.stubGlobal('document', { querySelector: (what: string) => (what === 'dialog[open]' && page.dialog ? {} : null), body: {}, activeElement: null });
  vi.stubGlobal('getComputedStyle', () => ({ getPropertyValue: (name: string) => (name === '--r' ? '20px' : '10px') }));
  vi.stubGlobal('HTMLInputElement', FakeField);
  vi.stubGlobal('HTMLButtonElement', class extends EventTarget {});
  return page;
}

export interface FakeTerminal {
  readonly port: TerminalPort;
  readonly typed: string[];
  readonly frames: ViewFrame[];
  focused: number;
  disposed: boolean;
}

export interface Workbench {
  readonly controller: Controller;
  readonly requests: { readonly request: string; readonly input: unknown }[];
  readonly terminals: Map<number, FakeTerminal>;
  emit<E extends EventName>(event: E, payload: Events[E]): void;
  /** A frame of the view comes. Resolves when it is taken. */
  frame(frame: ViewFrame): Promise<void>;
  /** Command lines that were sent, in order. */
  lines(): string[];
  /** What the core answers to the next requests of this name. */
  answers: Record<string, (input: never) => unknown>;
}

/** @param options.drawn the page stands already */
export function workbench({ drawn = true }: { readonly drawn?: boolean } = {}): Workbench {
  let onFrame: (frame: ViewFrame) => Promise<void> | void;
  const listeners = new Map<string, ((payload: never) => void)[]>();
  const bench: Omit<Workbench, 'controller'> = {
    requests: [],
    terminals: new Map(),
    answers: {},
    emit: (event, payload) => listeners.get(event)?.forEach((listener) => listener(payload as never)),
    frame: async (frame) => onFrame(frame),
    lines: () => bench.requests.filter(({ request }) => request === 'command').map(({ input }) => (input as { line: string }).line),
  };
  const bridge = {
    on: (event: string, listener: (payload: never) => void) => listeners.set(event, [...(listeners.get(event) ?? []), listener]),
    onFrame: (listener: typeof onFrame) => (onFrame = listener),
    sendFrame: async () => {},
    request: async (request: string, input: unknown) => {
      bench.requests.push({ request, input });
      return bench.answers[request]?.(input as never) ?? {};
    },
  };
  model.view.value =
    model.status.value =
    model.band.value =
    model.searching.value =
    model.copying.value =
    model.broadcast.value =
    model.clock.value =
      undefined;
  model.toasts.value = model.banners.value = model.log.value = [];
  model.prefixActive.value = model.whichKey.value = model.paneNumbers.value = false;
  model.terminals.clear();
  const controller = new Controller(bridge as unknown as Bridge, (pane, port) => {
    const fake: FakeTerminal = { port, typed: [], frames: [], focused: 0, disposed: false };
    bench.terminals.set(pane, fake);
    return {
      pane,
      terminal: { modes: { applicationCursorKeysMode: false, bracketedPasteMode: false }, options: {}, getSelection: () => '' },
      title: signal(''),
      cursorRow: signal(0),
      found: signal(undefined),
      type: (text: string) => fake.typed.push(text),
      focus: () => (fake.focused += 1),
      resize: () => {},
      runs: () => {},
      restart: () => {},
      clearSearch: () => {},
      seenTo: () => {},
      receive: (frame: ViewFrame) => void fake.frames.push(frame),
      dispose: () => (fake.disposed = true),
    } as unknown as TerminalView;
  });
  if (drawn) controller.drawn();
  return Object.assign(bench, { controller });
}

export const pane = (id: number, more: Partial<PaneView> = {}): PaneView => ({
  pane: id,
  x: 0,
  y: 0,
  cols: 80,
  rows: 24,
  edges: ['l', 'r', 't', 'b'],
  visible: true,
  number: id + 1,
  program: 'bash',
  recording: null,
  state: 'live',
  ...more,
});

export const view = (panes: readonly PaneView[], options: Partial<FlatOptions> = {}): WorkspaceView => ({
  session: 'main',
  class: 'general',
  sessions: [{ id: 0, name: 'main', class: 'general', windows: 1, attached: true }],
  elsewhere: [],
  stage: { cols: 80, rows: 24 },
  options: { ...flatOptions(defaultOptions), ...options },
  windows: [{ id: 0, index: 0, name: 'bash', active: true, last: false, zoomed: false, activePane: panes[0]?.pane ?? 0, panes }],
});

/** Gives each test of a file a workbench of its own, on a clock that stands. */
export function workbenchOfEach(take: (bench: Workbench) => void): void {
  beforeEach(() => {
    vi.useFakeTimers();
    fakePage();
    take(workbench());
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });
}
