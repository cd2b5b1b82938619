/** Pasting: every paste comes through here, let in by the core, filtered, and asked about when it is more than one plain line. */
import { messages } from '../shared/messages.ts';
import { lastCopy } from './clipboard.ts';
import * as model from './model.ts';
import type { Notices } from './notices.ts';
import type { TextOrigins } from './origins.ts';
import { needsQuestion, pasteText, inspectPaste, type PasteFindings } from './paste.ts';
import type { TerminalView } from './terminal-view.ts';
import { refusalWords } from '../shared/refusal-words.ts';

export class Pasting {
  readonly #terminal: (pane: number) => TerminalView;
  readonly #notices: Notices;
  readonly #origins: Pick<TextOrigins, 'refusal'>;
  readonly #hold: (done: Promise<void>) => void;

  /** `hold` keeps the keys that are typed behind a paste. */
  constructor(terminal: (pane: number) => TerminalView, notices: Notices, origins: Pick<TextOrigins, 'refusal'>, hold: (done: Promise<void>) => void) {
    this.#terminal = terminal;
    this.#notices = notices;
    this.#origins = origins;
    this.#hold = hold;
  }

  /** The last copy of this class, else the clipboard where the browser lets us read it. */
  async own(pane: number): Promise<void> {
    const own = lastCopy(model.view.value?.class ?? '') || (await navigator.clipboard?.readText().catch(() => '')) || '';
    if (own) this.paste(pane, own);
    else this.#notices.toast('nothing', messages.workspace.nothingToPaste);
  }

  paste(pane: number, raw: string): void {
    this.into(pane, raw, () => this.#inspect(pane, raw));
  }

  /** Does it where the core lets this text into this pane's class; says why not where it does not. */
  into(pane: number, raw: string, then: () => void): void {
    const asked = this.#origins.refusal(pane, raw).then(
      (refusal) => (refusal === undefined ? then() : void this.#notices.toast('stop', refusal)),
      (error: unknown) => void this.#notices.toast('stop', refusalWords(error)),
    );
    this.#hold(asked);
  }

  #inspect(pane: number, raw: string): void {
    const pasted = inspectPaste(raw);
    if (!pasted.text && pasted.removed === 0) return;
    if (needsQuestion(raw, pasted)) model.band.value = { name: 'paste', pane, pasted };
    else this.#send(pane, pasted.text);
  }

  answer(pane: number, pasted: PasteFindings, answer: 'no' | 'as-is' | 'without-last'): void {
    model.band.value = undefined;
    if (answer === 'as-is') this.#send(pane, pasted.text);
    if (answer === 'without-last') this.#send(pane, pasted.text.replace(/[\r\n]+$/, ''));
  }

  /** A program with bracketed paste gets the text as one piece and runs nothing of it by itself. */
  takenWhole(pane: number): boolean {
    return this.#terminal(pane).terminal.modes.bracketedPasteMode;
  }

  #send(pane: number, filtered: string): void {
    this.#terminal(pane).type(pasteText(filtered, this.takenWhole(pane)));
  }
}
