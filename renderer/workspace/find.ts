/** Searching a pane's scrollback: the find row while the words are typed, and walking from hit to hit after that. */
import type { Wanted } from '../../src/mux/copy/grid.ts';
import * as model from './model.ts';
import type { Copying } from './copying.ts';
import type { TerminalView } from './terminal-view.ts';

export interface Search {
  readonly term: string;
  readonly older: boolean;
  readonly caseSensitive: boolean;
}

export class Finding {
  readonly #terminal: (pane: number) => TerminalView;
  readonly #copying: Copying;
  readonly #focus: () => void;
  /** Goes back to where the search began. */
  #begin: () => void = () => {};
  #last: Search = { term: '', older: true, caseSensitive: false };

  constructor(terminal: (pane: number) => TerminalView, copying: Copying, focus: () => void) {
    this.#terminal = terminal;
    this.#copying = copying;
    this.#focus = focus;
  }

  get caseSensitive(): boolean {
    return this.#last.caseSensitive;
  }

  /** Opens the find row of a pane. */
  open(pane: number, older = true): void {
    this.#last = { ...this.#last, older };
    this.#begin = this.#copying.searchFrom(pane);
    model.searching.value = pane;
  }

  /** So many steps to a hit. What is not said is as in the search before. */
  find(pane: number, how: Partial<Search> = {}, count = 1): void {
    const search = { ...this.#last, ...how };
    // The direction of the search that was opened is the one that n repeats.
    this.#last = { ...search, older: this.#last.older };
    if (!search.term) return this.#terminal(pane).clearSearch();
    const wanted = wantedOf(search);
    this.#copying.search(pane, wanted, search.older, count, () => this.#terminal(pane).find(wanted, search.older));
  }

  /** While words are typed: the nearest hit in the direction of the search, from where it began. */
  typed(pane: number, term: string): void {
    this.#begin();
    this.find(pane, { term });
  }

  /** n and N of copy mode. */
  again(pane: number, reverse: boolean, count: number): void {
    this.find(pane, { older: this.#last.older !== reverse }, count);
  }

  /** A word of the pane, which is what n repeats from then on. */
  word(pane: number, term: string, older: boolean, count: number): void {
    this.#last = { ...this.#last, older };
    if (term) this.find(pane, { term }, count);
  }

  /** Enter: the hit stays marked, and copy mode has the keyboard, so that n and N walk. */
  accept(pane: number): void {
    model.searching.value = undefined;
    const { term, older } = this.#last;
    const hit = Boolean(term) && (this.#terminal(pane).found.value?.count ?? 0) > 0;
    if (hit) this.#copying.enter(pane, { hit: wantedOf(this.#last), back: older });
    else this.#terminal(pane).clearSearch();
    this.#focus();
  }

  /** Escape: as it was before the search. */
  leave(pane: number): void {
    model.searching.value = undefined;
    const terminal = this.#terminal(pane);
    terminal.clearSearch();
    if (!model.copying.value) terminal.terminal.scrollToBottom();
    this.#focus();
  }
}

/** As tmux looks: capital letters in the words count, and those of small ones do not. */
const wantedOf = ({ term, caseSensitive }: Search): Wanted => ({ term, caseSensitive: caseSensitive || term !== term.toLowerCase() });
