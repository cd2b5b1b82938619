/** window.json: where the window was, how large, and whether it filled the screen. Convenience: a bad file is none. */
import { join } from 'node:path';
import { z } from 'zod';
import { readSmall, writeAtomic } from '../../src/disk/atomic.ts';
import type { Home } from '../../src/storage/index.ts';
import type { WindowPlace } from '../host.ts';

/** Pixels. Screens stand beside each other, also left of the first and above it; X11 has 16 bits. */
const furthest = 32_767;
/** A smaller window holds no lock page. */
const smallest = 200;

const schema: z.ZodType<WindowPlace> = z.strictObject({
  left: z.int().min(-furthest).max(furthest),
  top: z.int().min(-furthest).max(furthest),
  width: z.int().min(smallest).max(furthest),
  height: z.int().min(smallest).max(furthest),
  maximized: z.boolean(),
});

export class PlaceFile {
  readonly #path: string;
  value: WindowPlace | undefined;

  constructor(home: Home) {
    this.#path = join(home.folder, 'window.json');
    try {
      const text = readSmall(this.#path);
      this.value = text && schema.parse(JSON.parse(text.toString()));
    } catch {
      // The window opens where it opened the first time.
    }
  }

  /** A window that fills the screen keeps the place that it had before. */
  keep(now: WindowPlace): void {
    const place = now.maximized && this.value ? { ...this.value, maximized: true } : now;
    if (!schema.safeParse(place).success || JSON.stringify(place) === JSON.stringify(this.value)) return;
    this.value = place;
    try {
      writeAtomic(this.#path, `${JSON.stringify(place)}\n`);
    } catch {
      // A disk that cannot be written: the recording says so.
    }
  }
}
