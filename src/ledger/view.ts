/** A ledger for reading: nothing is changed, no key is needed, and little of it is read. It shows the moment of its opening. */
import { closeSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Doubt } from './derived/doubt.ts';
import { DerivedInMemory } from './derived/derived.ts';
import { LedgerFacts } from './facts.ts';
import { takeCounted, unentitledWhy, type Unentitled } from './entitled.ts';
import { openPlain } from '../disk/plain.ts';
import { ledgerPaths } from './files.ts';
import type { SignedHead } from './head.ts';
import { LedgerQuestions, type LedgerState, type LookupSource } from './lookups.ts';
import { erasureWhy } from './life-cycle-facts.ts';
import { bordersOf, type NoteKey } from './note.ts';
import { reviewWhy, unmaskWhy } from './review-facts.ts';
import { isNew, readLedgerGently, type LedgerReading } from './read.ts';
import { corrupt, headOf, openBeside, openState } from './state.ts';
import type { SignedCheckpoint } from './types.ts';

interface Files {
  readonly events: number;
  readonly checkpoints: number;
}

/** @throws LedgerError 'corrupt' where one of them is missing, 'unreadable' */
async function openFiles(folder: string, key: NoteKey): Promise<Files> {
  const paths = ledgerPaths(folder);
  const [events, checkpoints] = [openPlain(paths.events), openPlain(paths.checkpoints)];
  if (events !== undefined && checkpoints !== undefined) return { events, checkpoints };
  for (const fd of [events, checkpoints]) if (fd !== undefined) closeSync(fd);
  throw await corrupt(folder, key, 'A file of it is missing.');
}

/** Some 20 ms of reading. */
const PROGRESS_EVENTS = 1000;

const closeFiles = (files: Files): void => {
  for (const fd of Object.values(files) as number[]) closeSync(fd);
};

export class LedgerView extends LedgerQuestions {
  readonly folder: string;
  readonly key: NoteKey;
  readonly head: SignedHead;
  readonly #files: Files;
  #state: LedgerState;

  private constructor(folder: string, key: NoteKey, head: SignedHead, files: Files, state: LedgerState) {
    super();
    this.folder = folder;
    this.key = key;
    this.head = head;
    this.#files = files;
    this.#state = state;
  }

  /**
   * @param from `events`: nothing is believed that lies beside the ledger, whoever signed it; all of it is read.
   * @returns undefined where there is no ledger.
   * @throws LedgerError 'corrupt' where it is not what its head vouches for, 'unreadable'.
   */
  static async open(folder: string, key: NoteKey, from: 'beside' | 'events' = 'beside'): Promise<LedgerView | undefined> {
    if (isNew(folder)) {
      if (bordersOf(key).length > 0) throw await corrupt(folder, key, 'It is missing.');
      return undefined;
    }
    const { head } = await headOf(folder, key);
    const files = await openFiles(folder, key);
    try {
      return new LedgerView(folder, key, head, files, await openState({ folder, key, head, ...files }, from === 'events' ? 'from-events' : 'reader'));
    } catch (error) {
      closeFiles(files);
      throw error;
    }
  }

  /**
   * Reads and checks all of a ledger, once: see readLedger. What was read is what the view answers from, and nothing that lies beside it.
   * @param progress is told how many events were read, each PROGRESS_EVENTS.
   * @returns no view where there is no ledger, or where it has a fault; and events of people who could not do that by then.
   * @throws LedgerError 'unreadable'
   */
  static async read(
    folder: string,
    key: NoteKey,
    progress: (events: number) => void = () => {},
  ): Promise<{ readonly reading: LedgerReading; readonly view: LedgerView | undefined; readonly unentitled: readonly Unentitled[] }> {
    const beside = new DerivedInMemory();
    const facts = LedgerFacts.from();
    const unentitled: Unentitled[] = [];
    const reading = await readLedgerGently(folder, key, {
      onEvent: (event, _line, offset, leaf, states) => {
        const why = unentitledWhy(facts, event) ?? reviewWhy(facts, states, event) ?? unmaskWhy(facts, states, event) ?? erasureWhy(facts, states, event);
        if (why !== undefined) unentitled.push({ event, why });
        beside.add([{ event, leaf, offset, counts: takeCounted(facts, event, states) }]);
        if ((event.seq + 1) % PROGRESS_EVENTS === 0) progress(event.seq + 1);
      },
    });
    const { head, tree, states, end, last } = reading;
    if (!head || reading.faults.length > 0) return { reading, view: undefined, unentitled };
    const state: LedgerState = { tree, states, facts, end: end.events, beside, derived: undefined, last };
    return { reading, view: new LedgerView(folder, key, head, await openFiles(folder, key), state), unentitled };
  }

  get events(): number {
    return this.#state.tree.size;
  }

  /** What its events say about people, policy and attempts. */
  get facts(): LedgerFacts {
    return this.#state.facts;
  }

  get lastCheckpoint(): SignedCheckpoint | undefined {
    return this.#state.last;
  }

  /** Whether what lies beside the ledger, signed for, says the same as these events. True too where nothing there is good, so nobody believes it. */
  async agreesWithBeside(): Promise<boolean> {
    const beside = await openBeside({ folder: this.folder, key: this.key, head: this.head, ...this.#files });
    if (!beside) return true;
    try {
      const recordings = ({ beside: by, states }: LedgerState) => by.recordings(states).toSorted(([a], [b]) => (a < b ? -1 : 1));
      const own = recordings(this.#state);
      return isDeepStrictEqual(this.facts.state(), beside.facts.state()) && isDeepStrictEqual(own, recordings(beside)) && haveSameSubjects(this.#state, beside);
    } catch (error) {
      if (error instanceof Doubt) return true;
      throw error;
    } finally {
      beside.derived?.close();
    }
  }

  close(): void {
    this.#state.derived?.close();
    closeFiles(this.#files);
  }

  protected async look<T>(ask: (source: LookupSource) => T): Promise<T> {
    const source = (): LookupSource => ({ key: this.key, state: this.#state, events: this.#files.events });
    try {
      return ask(source());
    } catch (error) {
      if (!(error instanceof Doubt) || !this.#state.derived) throw error;
    }
    // What lies beside the ledger is not good: this reader makes it for itself, from all events.
    const { derived } = this.#state;
    // Closed once: where nothing can be derived anew either, `close` must not meet it again.
    this.#state = { ...this.#state, derived: undefined };
    derived.close();
    this.#state = await openState({ folder: this.folder, key: this.key, head: this.head, ...this.#files }, 'from-events');
    return ask(source());
  }
}

/** Whether both name the same events for the same recordings. */
function haveSameSubjects({ beside: a }: LedgerState, { beside: b }: LedgerState): boolean {
  let same = true;
  let left = 0;
  a.subjects(() => void left++);
  b.subjects((id, seqs) => {
    left--;
    const own = same ? a.eventsOf(id) : [];
    same &&= own.length === seqs.length && own.every((seq, i) => seq === seqs[i]);
  });
  return same && left === 0;
}

/** What a ledger says about people, policy and attempts; nothing where there is none. @param from as LedgerView.open. @throws LedgerError 'corrupt', 'unreadable' */
export async function readFacts(folder: string, key: NoteKey, from: 'beside' | 'events' = 'beside'): Promise<LedgerFacts> {
  const view = await LedgerView.open(folder, key, from);
  view?.close();
  return view?.facts ?? LedgerFacts.from();
}
