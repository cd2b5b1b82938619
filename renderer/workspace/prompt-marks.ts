/** Where prompts begin, as far as the shell says so (OSC 133;A): copy mode goes from one to the next. */
import type { IMarker, Terminal } from '@xterm/xterm';

/** The oldest are forgotten first: a program can say it at every byte, and each mark costs the emulator something at each line that goes. */
const MOST = 200;

export class PromptMarks {
  readonly #marks: IMarker[] = [];

  constructor(terminal: Pick<Terminal, 'parser' | 'registerMarker'>) {
    terminal.parser.registerOscHandler(133, (data) => {
      if (/^A(?:;|$)/.test(data)) this.#mark(terminal.registerMarker(0));
      return true;
    });
  }

  /** Lines of the buffer, as they are now. */
  lines(): ReadonlySet<number> {
    return new Set(this.#marks.flatMap(({ isDisposed, line }) => (isDisposed ? [] : [line])));
  }

  #mark(mark: IMarker | undefined): void {
    if (!mark) return;
    // A prompt that is drawn again says it again.
    if (this.#marks.at(-1)?.line === mark.line) return mark.dispose();
    this.#marks.push(mark);
    if (this.#marks.length > MOST) this.#marks.shift()!.dispose();
  }
}
