/** What the page knows of events: those of a question, newest first, and more of them when somebody asks. Framework-free: views read the signals. */
import { batch, signal } from '@preact/signals';
import type { Input, Output } from '../../../src/bridge/schema.ts';
import type { Bridge } from '../../shared/bridge.ts';
import { refusalWords } from '../../shared/refusal-words.ts';

export type ShownEvent = Output<'audit.events'>['events'][number];
export type Query = Omit<Input<'audit.events'>, 'before' | 'count'>;

/** Events that are asked for at once. */
const PAGE = 100;

export class EventLooking {
  readonly #bridge: Bridge;
  /** What is asked now: an answer to what was asked before is late, and is dropped. */
  #asked = 0;
  readonly query = signal<Query>({ kind: 'all', action: '', person: '', since: '', until: '' });
  readonly events = signal<readonly ShownEvent[]>([]);
  /** Of the last answer; undefined until the first has come. */
  readonly found = signal<Pick<Output<'audit.events'>, 'size' | 'next' | 'reached'> | undefined>(undefined);
  readonly busy = signal(false);
  readonly fault = signal('');

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Another question, or the same one anew. */
  ask(change: Partial<Query> = {}): Promise<void> {
    this.query.value = { ...this.query.value, ...change };
    return this.#load(null);
  }

  /** Those before the last one. */
  async more(): Promise<void> {
    const next = this.found.value?.next ?? null;
    if (next !== null && !this.busy.value) await this.#load(next);
  }

  async #load(before: number | null): Promise<void> {
    const asked = ++this.#asked;
    batch(() => {
      this.busy.value = true;
      this.fault.value = '';
    });
    try {
      const { events, ...found } = await this.#bridge.request('audit.events', { ...this.query.value, before, count: PAGE });
      if (asked !== this.#asked) return;
      batch(() => {
        this.events.value = before === null ? events : [...this.events.value, ...events];
        this.found.value = found;
        this.busy.value = false;
      });
    } catch (reason) {
      if (asked !== this.#asked) return;
      batch(() => {
        // What stands there answers another question.
        if (before === null) this.events.value = [];
        this.fault.value = refusalWords(reason);
        this.busy.value = false;
      });
    }
  }
}
