/** display.json: theme, cell size, contrast, motion of the station, as its lock page has it. Convenience, not safety: a bad file is set aside for the default. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Display } from '../../src/bridge/schema.ts';
import { themes } from '../../src/types/words.ts';
import { type Home } from '../../src/storage/index.ts';
import { writeAtomic, readSmall } from '../../src/disk/atomic.ts';

const schema = z.strictObject({
  theme: z.enum(themes),
  cell: z.enum(['auto', '8', '9', '10', '12']),
  contrast: z.boolean(),
  motion: z.boolean(),
});
const initial: Display = { theme: 'system', cell: 'auto', contrast: false, motion: true };

/** @throws where it is none */
export const displayOf = (text: string): Display => schema.parse(JSON.parse(text));

export class DisplayFile {
  readonly #path: string;
  value: Display;

  constructor(home: Home) {
    this.#path = join(home.folder, 'display.json');
    this.value = this.#read();
  }

  /** Changes, keeps and returns the whole. A disk that cannot be written keeps it for this run only. */
  change(part: Partial<Display>): Display {
    this.value = { ...this.value, ...part };
    try {
      writeAtomic(this.#path, `${JSON.stringify(this.value)}\n`);
    } catch {
      // The look of the window is not worth a sentence; the recording will say that the disk is full or read-only.
    }
    return this.value;
  }

  #read(): Display {
    try {
      const text = readSmall(this.#path);
      return text === undefined ? initial : displayOf(text.toString());
    } catch {
      return initial;
    }
  }
}
