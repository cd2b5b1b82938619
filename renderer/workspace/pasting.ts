/** Pasting: every paste comes through here, let in by the core, filtered, and asked about when it is more than one plain line. */
import { messages } from '../shared/messages.ts';
import type { ClientAction } from '../../src/types/workspace-view.ts';
import type { Broadcast } from './broadcast.ts';
import { buffers } from './clipboard.ts';
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
  readonly #broadcast: Pick<Broadcast, 'others'>;
  readonly #hold: (done: Promise<void>) => void;

  /** `hold` keeps the keys that are typed behind a paste. */
  constructor(
    terminal: (pane: number) => TerminalView,
    notices: Notices,
    origins: Pick<TextOrigins, 'refusal'>,
    broadcast: Pick<Broadcast, 'others'>,
    hold: (done: Promise<void>) => void,
  ) {
    this.#terminal = terminal;
    this.#notices = notices;
    this.#origins = origins;
    this.#broadcast = broadcast;
    this.#hold = hold;
  }

  /** A buffer of this class: the one that is named, else the newest, else the clipboard where the browser lets us read it. */
  async own({ pane, buffer, separator, deletes }: Omit<Extract<ClientAction, { readonly action: 'paste' }>, 'action'>): Promise<void> {
    const of = model.sessionClass.value.name;
    const found = buffers.find(of, buffer);
    if (!found && buffer !== undefined) return void this.#notices.toast('nothing', messages.buffers.none(buffer));
    const text = found ? found.text : (await navigator.clipboard?.readText().catch(() => '')) || '';
    if (!text) return void this.#notices.toast('nothing', messages.workspace.nothingToPaste);
    this.paste(pane, separator === undefined ? text : text.replaceAll('\n', separator));
    if (found && deletes) buffers.remove(of, found.name);
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

  /** How many panes more get a paste into this one. */
  alsoInto(pane: number): number {
    return this.#broadcast.others(pane).length;
  }

  /** A program with bracketed paste gets the text as one piece and runs nothing of it by itself. */
  takenWhole(pane: number): boolean {
    return this.#terminal(pane).terminal.modes.bracketedPasteMode;
  }

  #send(pane: number, filtered: string): void {
    for (const each of [pane, ...this.#broadcast.others(pane)]) this.#terminal(each).type(pasteText(filtered, this.takenWhole(each)));
  }
}
