/**
 * Paste buffers, newest first, each class's own: what was copied in one class is in no list of another. They are in this page alone, which the lock
 * ends; nothing of them is written anywhere.
 */
import { signal } from '@preact/signals';

export interface PasteBuffer {
  readonly name: string;
  readonly text: string;
  /** It has its number from us. One that somebody has named stays until it is deleted, and is pasted by its name alone. */
  readonly automatic: boolean;
}

/** Characters of all buffers of a class together: four scrollbacks, and no more however large they are. */
export const MOST_TEXT = 8 * 1024 * 1024;

/** What came of a text that was to be kept. */
export interface Kept {
  /** False: it alone has more characters than there may be, and all is as it was. */
  readonly kept: boolean;
  /** Buffers that went because there was no room for their text. */
  readonly gone: number;
}

const NOT_KEPT: Kept = { kept: false, gone: 0 };

export class Buffers {
  /** By class. */
  readonly #lists = signal<ReadonlyMap<string, readonly PasteBuffer[]>>(new Map());
  readonly #numbers = new Map<string, number>();

  list(of: string): readonly PasteBuffer[] {
    return this.#lists.value.get(of) ?? [];
  }

  /** The one of this name; without a name the newest that has a number. */
  find(of: string, name?: string): PasteBuffer | undefined {
    return this.list(of).find((each) => (name === undefined ? each.automatic : each.name === name));
  }

  /** @param limit how many numbered ones are kept */
  add(of: string, text: string, limit: number): Kept {
    if (text.length > MOST_TEXT) return NOT_KEPT;
    const number = this.#numbers.get(of) ?? 0;
    this.#numbers.set(of, number + 1);
    return this.#put(of, [{ name: `buffer${number}`, text, automatic: true }, ...this.list(of)], limit);
  }

  /** Text in place of what a buffer has; a new one where there is none of this name. */
  set(of: string, name: string, text: string, limit: number): Kept {
    if (text.length > MOST_TEXT) return NOT_KEPT;
    const before = this.find(of, name);
    const others = this.list(of).filter((each) => each !== before);
    return this.#put(of, [{ name, text, automatic: before?.automatic === true }, ...others], limit);
  }

  /** False: there is no such buffer. One that has the new name goes. */
  rename(of: string, name: string | undefined, to: string): boolean {
    const found = this.find(of, name);
    if (!found) return false;
    const renamed = this.list(of).flatMap((each) => (each === found ? { ...each, name: to, automatic: false } : each.name === to ? [] : each));
    this.#put(of, renamed, Infinity);
    return true;
  }

  remove(of: string, name?: string): boolean {
    const found = this.find(of, name);
    if (found)
      this.#put(
        of,
        this.list(of).filter((each) => each !== found),
        Infinity,
      );
    return found !== undefined;
  }

  /** Oldest numbered ones go first, and where there is too much text others too. */
  #put(of: string, list: readonly PasteBuffer[], limit: number): Kept {
    let numbered = 0;
    const counted = list.filter(({ automatic }) => !automatic || ++numbered <= limit);
    let text = 0;
    const kept = counted.filter((each) => (text += each.text.length) <= MOST_TEXT);
    this.#lists.value = new Map(this.#lists.value).set(of, kept);
    return { kept: true, gone: counted.length - kept.length };
  }
}
