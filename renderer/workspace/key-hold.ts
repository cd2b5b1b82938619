/**
 * Keys that are typed while a command is on its way belong to what the command brings: the new pane, the prompt. They wait
 * for its answer, as tmux handles one key after the other.
 */
import { LEASE_MS } from '../../src/bridge/lease.ts';
import { inTime } from '../../src/time/in-time.ts';

/** A turn of the event loop: what is waiting to be drawn is drawn, and what is to have the focus has it. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

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

  /**
   * Holds every key from now on until `answer` is there, or has failed, or takes longer than a core may be silent. Never rejects.
   * On a busy machine an answer may take a second: a key that did not wait for it would go where nobody meant it.
   */
  async until(answer: Promise<unknown>): Promise<void> {
    this.#waiting ??= [];
    this.#commands++;
    await inTime(answer, LEASE_MS).catch(() => {});
    await turn();
    this.#commands--;
    // A command that begins meanwhile has the others wait for it.
    while (this.#waiting && this.#commands === 0) {
      if (this.#waiting.length === 0) this.#waiting = undefined;
      else {
        this.#deliver(this.#waiting.shift()!);
        // The next one finds what this one has changed, as where a hand types them.
        await turn();
      }
    }
  }
}
