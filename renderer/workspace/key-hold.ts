/**
 * Keys that are typed while a command is on its way belong to what the command brings: the new pane, the prompt. They wait
 * for its answer, as tmux handles one key after the other.
 */
import { inTime } from '../../src/time/in-time.ts';

/** A command is answered within a few milliseconds. A core that hangs must not take the keyboard with it. */
const HOLD_AT_MOST_MS = 500;

export class KeyHold<Key> {
  readonly #deliver: (key: Key) => void;
  #waiting: Key[] | undefined;
  /** Commands on their way: the keys wait for the last one. */
  #commands = 0;

  constructor(deliver: (key: Key) => void) {
    this.#deliver = deliver;
  }

  /** Keeps the key where a command is on its way. @returns true when it was kept; it comes to `deliver` later, in its turn. */
  keep(key: Key): boolean {
    this.#waiting?.push(key);
    return this.#waiting !== undefined;
  }

  /** Holds every key from now on until `answer` is there, or has failed, or takes too long. Never rejects. */
  async until(answer: Promise<unknown>): Promise<void> {
    this.#waiting ??= [];
    this.#commands++;
    await inTime(answer, HOLD_AT_MOST_MS).catch(() => {});
    // What the answer brings is drawn, and has the focus, one turn later.
    await new Promise((resolve) => setTimeout(resolve));
    if (--this.#commands > 0) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    while (waiting.length > 0) {
      this.#deliver(waiting.shift()!);
      // One of them was a command too: the others wait for it.
      if (this.#isHolding()) return void this.#waiting!.push(...waiting);
    }
  }

  #isHolding(): boolean {
    return this.#waiting !== undefined;
  }
}
