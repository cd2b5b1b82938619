/**
 * synchronize-panes: what is typed into one pane of a window goes into others of it. Only into those that somebody has seen in a list and said yes to,
 * as they were then, and only as long as this page lives: a lock ends it. All panes of a window are of one class, so nothing crosses.
 */
import type { WorkspaceView } from '../../src/types/workspace-view.ts';
import { messages } from '../shared/messages.ts';
import * as model from './model.ts';
import type { Notices } from './notices.ts';
import type { TerminalView } from './terminal-view.ts';

const text = messages.broadcast;

/** Reports of the mouse and of the focus are of one screen, and no typing. */
// eslint-disable-next-line no-control-regex -- they begin with ESC.
const REPORT = /^\x1b\[(?:[IO]$|M|<)/;
/** A cursor key in either of its two modes. */
// eslint-disable-next-line no-control-regex -- as above.
const CURSOR_KEY = /^\x1b[[O]([A-DFH])$/;

export class Broadcast {
  readonly #terminal: (pane: number) => TerminalView;
  readonly #notices: Notices;
  readonly #told: (panes: readonly number[]) => void;

  /** @param told takes the panes that are typed into together from here on: for the ledger */
  constructor(terminal: (pane: number) => TerminalView, notices: Notices, told: (panes: readonly number[]) => void) {
    this.#terminal = terminal;
    this.#notices = notices;
    this.#told = told;
  }

  /** The option is set, or turned where `on` is undefined. On: the panes of the window in front are listed first. */
  set(on: boolean | undefined): void {
    if (on === false || (on === undefined && model.broadcast.value)) return this.stop();
    if (this.candidates().length < 2) return void this.#notices.toast('nothing', text.onePane);
    model.band.value = { name: 'broadcast' };
  }

  /** Panes of the window in front that have a program. */
  candidates(): readonly model.Receiver[] {
    return (model.activeWindow.value?.panes ?? [])
      .filter(({ state }) => state === 'live')
      .map(({ pane, number, host }) => ({ pane, number, ...(host === undefined ? {} : { host }) }));
  }

  /** @param receivers as the list had them */
  start(receivers: readonly model.Receiver[]): void {
    const window = model.activeWindow.value?.id;
    if (window === undefined) return;
    model.broadcast.value = { window, receivers };
    this.#told(receivers.map(({ pane }) => pane));
    if (model.view.value) this.check(model.view.value);
    // The frames and the line say it as long as it is so: a warning would stand on when it is not any more.
    if (model.broadcast.value) this.#notices.toast('note', text.on(model.broadcast.value.receivers.length));
  }

  stop(why: string = text.off): void {
    if (!model.broadcast.value) return;
    model.broadcast.value = undefined;
    this.#told([]);
    this.#notices.toast('note', why);
  }

  /** A pane that is gone, or has no program any more, gets nothing; where one is on another host than it was, nobody does. */
  check({ windows, elsewhere }: WorkspaceView): void {
    const now = model.broadcast.value;
    if (!now) return;
    const panes = [...windows, ...elsewhere].find(({ id }) => id === now.window)?.panes ?? [];
    const left = now.receivers.flatMap((receiver) => {
      const pane = panes.find((each) => each.pane === receiver.pane && each.state === 'live');
      return pane ? [{ receiver, pane }] : [];
    });
    const moved = left.find(({ receiver, pane }) => receiver.host !== pane.host);
    if (moved) return this.stop(text.moved(moved.pane.number));
    if (left.length < 2) return this.stop(text.alone);
    if (left.length === now.receivers.length) return;
    model.broadcast.value = { ...now, receivers: left.map(({ receiver }) => receiver) };
    this.#told(left.map(({ receiver }) => receiver.pane));
  }

  /** The other panes that what is typed or pasted into this one goes into. */
  others(pane: number): readonly number[] {
    const all = model.broadcast.value?.receivers.map((receiver) => receiver.pane) ?? [];
    return all.includes(pane) ? all.filter((other) => other !== pane) : [];
  }

  /** Somebody has typed into a pane, and it has got it. */
  typed(pane: number, data: string): void {
    if (REPORT.test(data)) return;
    const key = CURSOR_KEY.exec(data)?.[1];
    for (const other of this.others(pane)) {
      const view = this.#terminal(other);
      view.type(key === undefined ? data : `\x1b${view.terminal.modes.applicationCursorKeysMode ? 'O' : '['}${key}`);
    }
  }
}
