/**
 * How the window looks to each person: theme, size of the text, contrast and motion, kept with the person and not with the account, sealed as their windows are
 * (memory.ts). While nobody is in, and for whoever has chosen nothing yet, the station's own look counts, which is chosen at the lock page.
 */
import type { Display } from '../../src/bridge/schema.ts';
import { writeAtomic } from '../../src/disk/atomic.ts';
import { readJson } from '../../src/disk/json.ts';
import { lookPath, type Home } from '../../src/storage/index.ts';
import type { VaultClient } from '../processes/vault-client.ts';
import { displayOf, type DisplayFile } from '../window/display.ts';
import { isTampered, sealedFile } from './memory.ts';

export interface LookParts {
  readonly home: Pick<Home, 'workspaces'>;
  readonly station: Pick<DisplayFile, 'value' | 'change'>;
  /** Who is in and sits at the keyboard, and the process that holds their keys; undefined while nobody does. */
  readonly open: () => { readonly person: string; readonly vault: Pick<VaultClient, 'ask'> } | undefined;
  /** It is proven that somebody's file is not as they sealed it. */
  readonly tampered: (person: string) => void;
}

export class Looks {
  readonly #parts: LookParts;
  /** Of whoever was in last. */
  #own: { readonly person: string; readonly value: Display } | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(parts: LookParts) {
    this.#parts = parts;
  }

  /** How a page looks that is shown now. */
  get value(): Display {
    const { open, station } = this.#parts;
    const person = open()?.person;
    return person !== undefined && this.#own?.person === person ? this.#own.value : station.value;
  }

  /** Changes, keeps and returns the whole: theirs where somebody is in, else the station's. A disk that cannot be written keeps it for this run only. */
  change(part: Partial<Display>): Display {
    const open = this.#parts.open();
    if (!open) return this.#parts.station.change(part);
    const own = (this.#own = { person: open.person, value: { ...this.value, ...part } });
    this.#work = this.#work.then(() => this.#keep(own)).catch(() => {});
    return own.value;
  }

  async #keep(wanted: { readonly person: string; readonly value: Display }): Promise<void> {
    const open = this.#parts.open();
    // Locked meanwhile, or there is something newer.
    if (open?.person !== wanted.person || wanted !== this.#own) return;
    const { sealed } = await open.vault.ask('keepLook', { text: JSON.stringify(wanted.value) });
    writeAtomic(lookPath(this.#parts.home, wanted.person), `${JSON.stringify({ format: 'wardmux-look', version: 1, ...sealed })}\n`);
  }

  /** Takes what whoever has just come in has chosen. Where that is nothing, or cannot be used, the station's look counts. */
  async recall(): Promise<void> {
    const open = this.#parts.open();
    this.#own = undefined;
    if (!open) return;
    const { person, vault } = open;
    try {
      const file = readJson(sealedFile('wardmux-look'), lookPath(this.#parts.home, person), '');
      if (!file) return;
      const { text } = await vault.ask('recallLook', { sealed: { iv: file.iv, ciphertext: file.ciphertext } });
      this.#own = { person, value: displayOf(text) };
    } catch (error) {
      // A look is no reason to keep somebody out: that it is not theirs is entered, and they choose anew.
      if (isTampered(error)) this.#parts.tampered(person);
    }
  }
}
