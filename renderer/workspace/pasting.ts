/** Pasting: every paste comes through here, let in by the core, filtered, and asked about when it is more than one plain line. */
import { messages } from '../shared/messages.ts';
import type { ClientAction } from '../../src/types/workspace-view.ts';
import type { Broadcast } from './broadcast.ts';
import { buffers } from './clipboard.ts';
import * as model from './model.ts';
import type { Notices } from './notices.ts';
import type { TextOrigins } from './origins.ts';
import { type AskedPaste, inspectPaste, needsQuestion, type PasteReach, pasteText, reachesFurther } from './paste.ts';
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
    const done = (): void => {
      // Not what was copied under its name meanwhile.
      if (found && deletes && buffers.find(of, found.name) === found) buffers.remove(of, found.name);
    };
    // The core knows its lines as they were copied: with something else between them it would know none of them.
    this.into(pane, text, () => this.#inspect(pane, separator === undefined ? text : text.replaceAll('\n', separator), done));
  }

  /** @param done once it has gone: not where it was refused, or answered with no */
  paste(pane: number, raw: string, done: () => void = () => undefined): void {
    this.into(pane, raw, () => this.#inspect(pane, raw, done));
  }

  /** Does it where the core lets this text into this pane's class; says why not where it does not. */
  into(pane: number, raw: string, then: () => void): void {
    const asked = this.#origins.refusal(pane, raw).then(
      (refusal) => (refusal === undefined ? then() : void this.#notices.toast('stop', refusal)),
      (error: unknown) => void this.#notices.toast('stop', refusalWords(error)),
    );
    this.#hold(asked);
  }

  #inspect(pane: number, raw: string, done: () => void): void {
    const findings = inspectPaste(raw);
    if (!findings.text && findings.removed === 0) return;
    if (needsQuestion(raw, findings)) model.band.value = { name: 'paste', pane, pasted: { findings, reach: this.#reach(pane), done } };
    else {
      this.#send(pane, findings.text);
      done();
    }
  }

  /** It is asked again where a program has left bracketed paste, or a pane was joined, since it was said what gets it. */
  answer(pane: number, pasted: AskedPaste, answer: 'no' | 'as-is' | 'without-last'): void {
    const reach = this.#reach(pane);
    const again = answer !== 'no' && reachesFurther(reach, pasted.reach);
    model.band.value = again ? { name: 'paste', pane, pasted: { ...pasted, reach } } : undefined;
    if (again || answer === 'no') return;
    const { text } = pasted.findings;
    this.#send(pane, answer === 'as-is' ? text : text.replace(/[\r\n]+$/, ''));
    pasted.done();
  }

  #reach(pane: number): PasteReach {
    const others = this.#broadcast.others(pane);
    return { whole: this.#takesWhole(pane), also: others.length, alsoRun: others.filter((other) => !this.#takesWhole(other)).length };
  }

  /** A program with bracketed paste gets the text as one piece and runs nothing of it by itself. */
  #takesWhole(pane: number): boolean {
    return this.#terminal(pane).terminal.modes.bracketedPasteMode;
  }

  #send(pane: number, filtered: string): void {
    for (const each of [pane, ...this.#broadcast.others(pane)]) this.#terminal(each).type(pasteText(filtered, this.#takesWhole(each)));
  }
}
