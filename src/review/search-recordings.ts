/**
 * Text searched in many recordings, for whoever has a key of them: the command's and the window's search. Before anything of one is told, that it was
 * looked into is entered.
 */
import { openRecording, readHeader } from '../recording/reader.ts';
import { wrapsOf } from '../recording/rewrapped.ts';
import type { FrameFault, SegmentOpener } from '../recording/types.ts';
import { sentenceOf } from '../types/sentence.ts';
import type { SearchedFor } from '../types/words.ts';
import { needleOf, searchRecording, searchTickets, type SearchHit } from './search.ts';

export interface SearchParts {
  readonly opener: SegmentOpener;
  /** What the words are of. */
  readonly lookFor: SearchedFor;
  /** Enters a look into one recording, before its first hit is told: where it cannot be entered, nothing of it is. */
  readonly enter: (recording: string) => Promise<unknown>;
  /** So many hits are told of one recording, and in all. */
  readonly mostEach: number;
  readonly most: number;
  /** Ends it at once; what was found by then is told. */
  readonly signal?: AbortSignal;
  /** Output bytes searched so far, in all. */
  readonly progress?: (bytes: number) => void;
}

/** One that is looked into. */
export interface Searchable {
  readonly id: string;
  readonly folder: string;
  /** It goes on, as the ledger says too: a torn end is its end. The torn end of any other is told, whatever a mark beside it says. */
  readonly live?: boolean;
}

const searches = { shown: searchRecording, ticket: searchTickets } as const;

export type Searched =
  | { readonly kind: 'hit'; readonly recording: string; readonly hit: SearchHit }
  /** There are more hits in it than are told: it was searched no further. */
  | { readonly kind: 'more'; readonly recording: string }
  /** It could not be searched whole: what came before was. */
  | { readonly kind: 'unread'; readonly recording: string; readonly sentence: string }
  /** Last. `searched`: so many were looked into. `closed`: so many are not sealed to this key. */
  | { readonly kind: 'end'; readonly hits: number; readonly searched: number; readonly closed: number };

/** So many are looked into at a time, in their order: while the key of one is opened, or its file is read, another one is searched. */
const AT_ONCE = 4;

interface Asked extends Pick<SearchParts, 'opener' | 'lookFor' | 'mostEach' | 'signal'> {
  readonly needle: string;
  /** So many more output bytes were searched. */
  readonly passed: (bytes: number) => void;
}

/** One recording that is looked into, and what was found in it and is not told yet. */
class Look {
  readonly recording: string;
  readonly #hits: SearchHit[] = [];
  readonly #ends = new AbortController();
  /** @returns why its end could not be read, `closed` where it is not sealed to this key. */
  readonly done: Promise<FrameFault | 'closed' | undefined>;
  #ended = false;
  #wake = (): void => {};

  constructor(asked: Asked, { id, ...where }: Searchable) {
    this.recording = id;
    this.done = this.#run(asked, where).finally(() => {
      this.#ended = true;
      this.#wake();
    });
    // Its failure is told by who waits for it.
    this.done.catch(() => undefined);
  }

  /** The next one; undefined where there is none any more. */
  async next(): Promise<SearchHit | undefined> {
    while (this.#hits.length === 0 && !this.#ended) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#hits.shift();
  }

  end(): void {
    this.#ends.abort();
  }

  async #run(
    { opener, lookFor, mostEach, signal, needle, passed }: Asked,
    { folder, live = false }: Omit<Searchable, 'id'>,
  ): Promise<FrameFault | 'closed' | undefined> {
    const first = await readHeader(folder, 0);
    if (first && wrapsOf(folder)(first.header, opener.kid) === undefined) return 'closed';
    const reader = await openRecording(folder, { live });
    let [found, bytes] = [0, 0];
    const progress = (done: number): void => {
      passed(done - bytes);
      bytes = done;
    };
    const { signal: own } = this.#ends;
    progress(
      await searches[lookFor](reader, opener, needle, {
        found: (hit) => {
          this.#hits.push(hit);
          // One more than is told: then it is known that there are more.
          if (++found > mostEach) this.end();
          this.#wake();
        },
        progress,
        signal: signal ? AbortSignal.any([signal, own]) : own,
      }),
    );
    return reader.fault;
  }
}

/**
 * Searches recordings. Each hit comes as it is found, those of one recording behind those of the one before, and whoever takes no more ends the search.
 * @param recordings in the order in which they are told of. @throws RangeError where nothing is looked for
 */
export async function* searchRecordings(
  { opener, lookFor, enter, mostEach, most, signal, progress }: SearchParts,
  recordings: readonly Searchable[],
  words: string,
): AsyncGenerator<Searched, void, undefined> {
  let [hits, searched, closed, bytes] = [0, 0, 0, 0];
  const passed = (more: number): void => progress?.((bytes += more));
  const asked = { opener, lookFor, mostEach, signal, needle: needleOf(words), passed };
  const under: Look[] = [];
  let begun = 0;
  try {
    for (;;) {
      while (under.length < AT_ONCE && begun < recordings.length) under.push(new Look(asked, recordings[begun++]!));
      const look = under[0];
      if (!look || signal?.aborted || hits >= most) break;
      const { recording } = look;
      const left = Math.min(mostEach, most - hits);
      let told = 0;
      let more = false;
      try {
        for (let hit = await look.next(); hit; hit = await look.next()) {
          more = told === left;
          if (more) {
            look.end();
            break;
          }
          if (told === 0) await enter(recording);
          told++;
          hits++;
          yield { kind: 'hit', recording, hit };
        }
        const fault = await look.done;
        if (fault === 'closed') closed++;
        else {
          searched++;
          if (more) yield { kind: 'more', recording };
          if (fault) yield { kind: 'unread', recording, sentence: `${recording}: ${fault.message} What came before it was searched.` };
        }
      } catch (error) {
        yield { kind: 'unread', recording, sentence: `${recording}: ${sentenceOf(error)}` };
      } finally {
        look.end();
      }
      under.shift();
    }
  } finally {
    for (const look of under) look.end();
  }
  yield { kind: 'end', hits, searched, closed };
}
