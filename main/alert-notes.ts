/** Who is told of alerts that nobody asked for: the desktop. How many are open is all that it hears, whoever is in, because it shows that over a lock too. */
import type { OpenAlerts } from '../src/audit/service.ts';
import { MINUTE_MS } from '../src/types/units.ts';
import { alertsSentence } from '../src/types/alerts.ts';
import type { DesktopNote } from './machine/desktop-note.ts';

export interface AlertNotesParts {
  /** @returns its number, for the one that takes its place. Never rejects. */
  readonly notify: (note: DesktopNote) => Promise<number>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** In a flood of alerts the desktop hears of it so often (ms). */
const QUIET_MS = MINUTE_MS;

export class AlertNotes {
  readonly #parts: AlertNotesParts;
  /** Those that the desktop was told of, by rule and event. */
  #known: ReadonlySet<string> = new Set();
  #all = 0;
  #toldAt = -Infinity;
  #telling = false;
  #number = 0;

  constructor(parts: AlertNotesParts) {
    this.#parts = parts;
  }

  /** Once a second, and whenever there are others. */
  tick(open: OpenAlerts | undefined): void {
    const now = this.#parts.now();
    if (!open || this.#telling) return;
    const names = new Set(open.alerts.map(({ rule, seq }) => `${seq}/${rule}`));
    const isNews = open.all > this.#all || [...names].some((name) => !this.#known.has(name));
    if (isNews && now - this.#toldAt < QUIET_MS) return;
    this.#known = names;
    this.#all = open.all;
    if (!isNews) return;
    this.#toldAt = now;
    this.#telling = true;
    const note = { summary: 'Wardmux', body: alertsSentence(open.all), urgency: open.page > 0 ? 'page' : 'warn', replaces: this.#number } as const;
    void this.#parts.notify(note).then((number) => {
      this.#number = number;
      this.#telling = false;
    });
  }
}
