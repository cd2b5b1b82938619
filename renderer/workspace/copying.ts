/** Copy mode and the clipboard's way out. */
import type { Wanted } from '../../src/mux/copy/grid.ts';
import type { CopyOutcome, Told } from '../../src/mux/copy/mode.ts';
import type { CopyAction } from '../../src/mux/keys/copy-table.ts';
import type { ClientAction } from '../../src/types/workspace-view.ts';
import { copyActionOf } from '../../src/mux/keys/tables.ts';
import { messages } from '../shared/messages.ts';
import { count } from '../shared/text.ts';
import { MOST_TEXT, type Kept } from './buffers.ts';
import { buffers, copyText } from './clipboard.ts';
import { PaneCopy } from './copy-mode.ts';
import * as model from './model.ts';
import type { Notices } from './notices.ts';
import type { TextOrigins } from './origins.ts';
import type { TerminalView } from './terminal-view.ts';

const text = messages.workspace;
/** Of a count and of a line: no more than the scrollback has. */
const MOST_DIGITS = 4;

export class Copying {
  readonly #terminal: (pane: number) => TerminalView;
  readonly #notices: Notices;
  readonly #origins: Pick<TextOrigins, 'copied'>;
  readonly #copied: () => Promise<{ readonly clearedAtLock: boolean }>;
  #mode: PaneCopy | undefined;
  /** What the next keys are: the count of an action, the line that it goes to, or the character. */
  #asked: { readonly digits: string; readonly action?: CopyAction; readonly count?: number; readonly for?: CopyOutcome['asks'] } | undefined;
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

  /** @param how.hit of which search the emulator has selected a hit: the cursor goes there */
  enter(pane: number, how: { readonly pageUp?: boolean; readonly hit?: Wanted; readonly back?: boolean } = {}): void {
    const { terminal, prompts } = this.#terminal(pane);
    const before = model.copying.value?.pane;
    const inIt = before === pane && this.#mode !== undefined;
    // One pane is in it at a time: in another one it is over.
    if (before !== undefined && !inIt) {
      this.#terminal(before).clearSearch();
      this.leave();
    }
    if (!inIt) this.#mode = new PaneCopy(terminal, model.options.value['mode-keys'], model.options.value['word-separators'], prompts);
    if (how.pageUp) this.#mode!.run('page-up', {});
    if (how.hit && !inIt) this.#mode!.followHit(how.hit, how.back === true);
    this.#draw(pane);
  }

  /** A key in copy mode. True when it was taken; no key of copy mode reaches the shell. `search` gets what asks for one. */
  key(name: string, search: (pane: number, outcome: CopyOutcome) => void): boolean {
    const state = model.copying.value;
    if (!state || !this.#mode || model.activePane.value?.pane !== state.pane) return false;
    const next = this.#actionOf(name);
    if (!next) {
      this.#draw(state.pane);
      return true;
    }
    const outcome = this.#mode.run(next.action, next.told);
    if (outcome.asks) this.#asked = { digits: '', action: next.action, for: outcome.asks, count: next.told.count ?? 1 };
    if (outcome.copy) this.copied(state.pane, outcome.copy, outcome.append === true);
    if (outcome.done) {
      this.#terminal(state.pane).clearSearch();
      this.leave();
    } else if (outcome.search) search(state.pane, outcome);
    else if (!this.#mode.hasHits && this.#terminal(state.pane).found.value) {
      this.#terminal(state.pane).clearSearch();
      this.#mode.redraw();
    }
    if (model.copying.value) this.#draw(state.pane);
    return true;
  }

  /** What a key does now, with its count; undefined where it is only a part of what an action is told, or nothing. */
  #actionOf(name: string): { readonly action: CopyAction; readonly told: Told } | undefined {
    const asked = this.#asked;
    const digit = /^\d$/.test(name);
    if (asked?.for === 'character') {
      this.#asked = undefined;
      const character = name === 'Space' ? ' ' : name;
      return [...character].length === 1 ? { action: asked.action!, told: { character, count: asked.count ?? 1 } } : undefined;
    }
    if (asked && (digit || name === 'BSpace')) {
      const digits = digit ? `${asked.digits}${name}`.slice(0, MOST_DIGITS) : asked.digits.slice(0, -1);
      this.#asked = digits || asked.for ? { ...asked, digits } : undefined;
      return undefined;
    }
    if (asked?.for === 'line') {
      if (name === 'Enter' || name === 'Escape' || name === 'C-c' || name === 'C-g') this.#asked = undefined;
      return name === 'Enter' && asked.digits ? { action: asked.action!, told: { line: Number(asked.digits) } } : undefined;
    }
    this.#asked = undefined;
    const bound = copyActionOf(model.options.value['mode-keys'], name, model.keyChanges.value);
    if (bound?.action === 'repeat') {
      const first = /\d$/.exec(name)?.[0];
      if (first) this.#asked = { digits: first };
      return undefined;
    }
    return bound && { action: bound.action, told: { count: asked ? Number(asked.digits) : bound.count } };
  }

  /** Where a search that is typed begins; it is called before each of them. */
  searchFrom(pane: number): () => void {
    return (model.copying.value?.pane === pane ? this.#mode?.searchFrom() : undefined) ?? (() => {});
  }

  /** Runs a search from the cursor of copy mode, which goes to the hit; without copy mode `find`. */
  search(pane: number, wanted: Wanted, back: boolean, count: number, find: () => void): void {
    const mode = model.copying.value?.pane === pane ? this.#mode : undefined;
    if (!mode) return find();
    const terminal = this.#terminal(pane);
    if (!mode.search(wanted, back, count, (hit) => terminal.showHit(wanted, hit))) terminal.showNoHit();
    this.#draw(pane);
  }

  leave(): void {
    this.#mode?.end();
    this.#mode = this.#asked = undefined;
    model.copying.value = undefined;
  }

  /** Into a new buffer of this class, and to the clipboard; `appends`: behind what the newest one has. */
  /** @param pane where it was copied; undefined where it comes out of none */
  copied(pane: number | undefined, selected: string, appends = false): void {
    const of = model.sessionClass.value.name;
    const { 'buffer-limit': limit } = model.options.value;
    const before = appends ? buffers.find(of) : undefined;
    const whole = before ? before.text + selected : selected;
    const kept = this.#kept(before ? buffers.set(of, before.name, whole, limit) : buffers.add(of, whole, limit), before?.name);
    if (before && !kept) return;
    if (pane !== undefined) this.#origins.copied(pane, whole);
    if (!copyText(whole)) return void this.#notices.toast('warn', kept ? text.notCopied : text.notCopiedAtAll);
    const sentence = text.copied(count(new TextEncoder().encode(whole).length));
    void this.#clearedAtLock.then((cleared) => this.#notices.toast('ok', sentence, cleared ? text.copiedNote : text.copiedStays));
  }

  /** set-buffer and its kin. What they say of a buffer of this class is not said of another class's. */
  buffer({ deed, buffer, text: given = '' }: Extract<ClientAction, { readonly action: 'buffer' }>): void {
    const of = model.sessionClass.value.name;
    const { 'buffer-limit': limit } = model.options.value;
    const found = buffers.find(of, buffer);
    const pane = model.activePane.value?.pane;
    if (!found && deed !== 'set' && deed !== 'append')
      return void this.#notices.toast('nothing', buffer === undefined ? messages.buffers.noneAtAll : messages.buffers.none(buffer));
    if (deed === 'delete') buffers.remove(of, buffer);
    else if (deed === 'rename') buffers.rename(of, buffer, given);
    else if (deed === 'show') model.band.value = { name: 'buffer', words: { name: found!.name } };
    else {
      const appendsTo = deed === 'append' ? found : undefined;
      const whole = appendsTo ? appendsTo.text + given : given;
      const name = buffer ?? appendsTo?.name;
      const kept = this.#kept(name === undefined ? buffers.add(of, whole, limit) : buffers.set(of, name, whole, limit), appendsTo?.name);
      if (kept && pane !== undefined) this.#origins.copied(pane, whole);
    }
  }

  /** Says what had no room among the buffers. @param appendsTo the buffer that it was to go behind. @returns whether the text is in a buffer */
  #kept({ kept, gone }: Kept, appendsTo: string | undefined): boolean {
    const most = count(MOST_TEXT);
    if (gone > 0) this.#notices.toast('warn', messages.buffers.gone(gone, most));
    if (!kept) this.#notices.toast('warn', appendsTo === undefined ? messages.buffers.tooLong(most) : messages.buffers.notAppended(appendsTo, most));
    return kept;
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
    const selected = (model.copying.value?.pane === pane && this.#mode?.selectedText) || terminal.getSelection();
    if (!selected) return void this.#notices.toast('nothing', text.nothingSelected);
    this.copied(pane, selected);
    if (!model.copying.value) terminal.clearSelection();
  }

  #draw(pane: number): void {
    if (!this.#mode) return;
    const { cursor, selecting, rectangular, rectangle, mark } = this.#mode;
    const asked = this.#asked && (this.#asked.for === 'character' ? 'character' : { digits: this.#asked.digits, line: this.#asked.for === 'line' });
    model.copying.value = { pane, ...cursor, selecting, rectangular, rectangle, mark, asked };
  }
}
