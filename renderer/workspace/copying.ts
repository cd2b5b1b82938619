/** Copy mode and the clipboard's way out. */
import { copyActionOf } from '../../src/mux/keys/tables.ts';
import { messages } from '../shared/messages.ts';
import { count } from '../shared/text.ts';
import { copyText } from './clipboard.ts';
import { CopyMode, type CopyOutcome } from './copy-mode.ts';
import * as model from './model.ts';
import type { Notices } from './notices.ts';
import type { TextOrigins } from './origins.ts';
import type { TerminalView } from './terminal-view.ts';

const text = messages.workspace;

export class Copying {
  readonly #terminal: (pane: number) => TerminalView;
  readonly #notices: Notices;
  readonly #origins: Pick<TextOrigins, 'copied'>;
  readonly #copied: () => Promise<{ readonly clearedAtLock: boolean }>;
  #mode: CopyMode | undefined;
  /** Whether the lock will clear what was copied last. */
  #clearedAtLock: Promise<boolean> = Promise.resolve(false);

  /** `copied` tells the core that something was copied. */
  constructor(
    terminal: (pane: number) => TerminalView,
    notices: Notices,
    origins: Pick<TextOrigins, 'copied'>,
    copied: () => Promise<{ readonly clearedAtLock: boolean }>,
  ) {
    this.#terminal = terminal;
    this.#notices = notices;
    this.#origins = origins;
    this.#copied = copied;
  }

  enter(pane: number, how: { readonly pageUp?: boolean; readonly atHit?: boolean } = {}): void {
    if (model.copying.value?.pane !== pane || !this.#mode) this.#mode = new CopyMode(this.#terminal(pane).terminal, model.options.value['mode-keys']);
    if (how.pageUp) this.#mode.run('page-up');
    if (how.atHit) this.#mode.follow(true);
    this.#draw(pane);
  }

  /** A key in copy mode. True when it was taken; no key of copy mode reaches the shell. `search` gets what asks for one. */
  key(name: string, search: (pane: number, how: NonNullable<CopyOutcome['search']>) => void): boolean {
    const state = model.copying.value;
    if (!state || !this.#mode || model.activePane.value?.pane !== state.pane) return false;
    const action = copyActionOf(model.options.value['mode-keys'], name, model.keyChanges.value);
    if (!action) return true;
    const outcome = this.#mode.run(action);
    if (outcome.copy !== undefined) this.copied(state.pane, outcome.copy);
    if (outcome.done) {
      this.#terminal(state.pane).clearSearch();
      this.leave();
    } else if (outcome.search) search(state.pane, outcome.search);
    if (model.copying.value) this.#draw(state.pane);
    return true;
  }

  /** Runs a search from the cursor of copy mode, which follows to the hit; without copy mode just the search. */
  search(pane: number, find: () => boolean): void {
    const mode = model.copying.value?.pane === pane ? this.#mode : undefined;
    mode?.aim();
    const found = find();
    mode?.follow(found);
    if (mode) this.#draw(pane);
  }

  leave(): void {
    this.#mode = undefined;
    model.copying.value = undefined;
  }

  copied(pane: number, selected: string): void {
    this.#origins.copied(pane, selected);
    if (!copyText(selected, model.view.value?.class ?? '')) return void this.#notices.toast('warn', text.notCopied);
    const sentence = text.copied(count(new TextEncoder().encode(selected).length));
    void this.#clearedAtLock.then((cleared) => this.#notices.toast('ok', sentence, cleared ? text.copiedNote : text.copiedStays));
  }

  /** Something goes to the clipboard: the core is told, and says whether the lock will clear it. @param text empty where the emulator alone knows what */
  tellCore(text: string): void {
    const pane = model.activePane.value?.pane;
    const what = text || (pane === undefined ? '' : this.#terminal(pane).terminal.getSelection());
    if (pane !== undefined && what) this.#origins.copied(pane, what);
    this.#clearedAtLock = this.#copied().then(
      ({ clearedAtLock }) => clearedAtLock,
      () => false,
    );
  }

  /** Ctrl-shift-c. */
  copySelection(pane: number): void {
    const { terminal } = this.#terminal(pane);
    const selected = terminal.getSelection();
    if (!selected) return void this.#notices.toast('nothing', text.nothingSelected);
    this.copied(pane, selected);
    if (!model.copying.value) terminal.clearSelection();
  }

  #draw(pane: number): void {
    if (!this.#mode) return;
    const { column, row } = this.#mode.cursor;
    model.copying.value = { pane, column, row, selecting: this.#mode.selecting };
  }
}
