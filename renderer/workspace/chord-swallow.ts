/**
 * The keys that answered the idle warning: they were meant for the warning, and so is all that is pressed before the last of
 * them is up. Ctrl alone ends the warning, and the c that follows must not interrupt a program.
 */

/** What is read of a DOM KeyboardEvent. */
export interface SwallowedKey {
  readonly key: string;
  readonly code: string;
  readonly repeat: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
}

const name = ({ key, code }: SwallowedKey): string => code || key;
const held = ({ ctrlKey, altKey, shiftKey, metaKey }: SwallowedKey): boolean => ctrlKey || altKey || shiftKey || metaKey;

export class ChordSwallow {
  readonly #down = new Set<string>();
  #active = false;

  /** @returns true when the key goes no further. `warned`: the warning stands, so this key answers it. */
  down(event: SwallowedKey, warned: boolean): boolean {
    if (warned) this.#active = true;
    // Pressed anew, with nothing held: what was down before has come up while another window had the keyboard.
    else if (this.#active && !event.repeat && !held(event) && this.#down.has(name(event))) this.#end();
    if (this.#active) this.#down.add(name(event));
    return this.#active;
  }

  /** @returns true when the key goes no further. */
  up(event: SwallowedKey): boolean {
    if (!this.#active) return false;
    this.#down.delete(name(event));
    // While a Mac's command key is down no other key's end is told.
    if (event.key === 'Meta') this.#down.clear();
    if (this.#down.size === 0 && !held(event)) this.#end();
    return true;
  }

  #end(): void {
    this.#active = false;
    this.#down.clear();
  }
}
