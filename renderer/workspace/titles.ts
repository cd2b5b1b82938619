/**
 * A title goes with the program that set it. A program says its title in its output (OSC 0, 2), and the core tells a little
 * later which program is in front: a title that came shortly before another program was told is that program's.
 */

/** The core looks 500 ms after output (main/workspace/programs.ts), and its message takes its time. */
const TOLD_LATE_MS = 1_000;

export class ProgramTitles {
  readonly #titles = new Map<string, string>();
  #program = '';
  #title = '';
  #setAt = -Infinity;
  /** What the program in front had before the title that may be the next one's. */
  #before = '';

  /** The terminal was given a title. @returns the title to show. */
  set(title: string, now: number): string {
    if (now - this.#setAt > TOLD_LATE_MS) this.#before = this.#title;
    this.#title = title;
    this.#setAt = now;
    return title;
  }

  /** `program` is in front. @returns the title to show: empty where it has none. */
  runs(program: string, now: number): string {
    if (program === this.#program) return this.#title;
    const itsOwn = now - this.#setAt <= TOLD_LATE_MS;
    if (this.#program) this.#titles.set(this.#program, itsOwn ? this.#before : this.#title);
    else if (!itsOwn) return this.#begin(program, this.#title);
    return this.#begin(program, itsOwn ? this.#title : (this.#titles.get(program) ?? ''));
  }

  #begin(program: string, title: string): string {
    this.#program = program;
    this.#title = this.#before = title;
    this.#setAt = -Infinity;
    return title;
  }
}
