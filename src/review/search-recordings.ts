/**
 * Text searched in many recordings, for whoever has a key of them: the command's and the window's search. Before anything of one is told, that it was
 * looked into is entered.
 */
import { liveState } from '../recording/live.ts';
import { openRecording, readHeader } from '../recording/reader.ts';
import { wrapsOf } from '../recording/rewrapped.ts';
import type { SegmentOpener } from '../recording/types.ts';
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

const searches = { shown: searchRecording, ticket: searchTickets } as const;

export type Searched =
  | { readonly kind: 'hit'; readonly recording: string; readonly hit: SearchHit }
  /** There are more hits in it than are told: it was searched no further. */
  | { readonly kind: 'more'; readonly recording: string }
  /** It could not be searched whole: what came before was. */
  | { readonly kind: 'unread'; readonly recording: string; readonly sentence: string }
  /** Last. `searched`: so many were looked into. `closed`: so many are not sealed to this key. */
  | { readonly kind: 'end'; readonly hits: number; readonly searched: number; readonly closed: number };

/**
 * Searches recordings one after the other. Each hit comes as it is found, and whoever takes no more ends the search.
 * @param recordings in the order in which they are searched. @throws RangeError where nothing is looked for
 */
export async function* searchRecordings(
  { opener, lookFor, enter, mostEach, most, signal, progress }: SearchParts,
  recordings: readonly { readonly id: string; readonly folder: string }[],
  words: string,
): AsyncGenerator<Searched, void, undefined> {
  const needle = needleOf(words);
  let [hits, searched, closed, bytes] = [0, 0, 0, 0];
  for (const { id: recording, folder } of recordings) {
    if (signal?.aborted || hits >= most) break;
    const left = Math.min(mostEach, most - hits);
    const ends = new AbortController();
    const waiting: SearchHit[] = [];
    let [told, more, ended] = [0, false, false];
    let wake = (): void => {};
    try {
      const first = await readHeader(folder, 0);
      if (first && wrapsOf(folder)(first.header, opener.kid) === undefined) {
        closed++;
        continue;
      }
      // The torn end of one that nobody writes any more is told.
      const reader = await openRecording(folder, { live: liveState(folder) === 'live' });
      const before = bytes;
      const done = searches[lookFor](reader, opener, needle, {
        found: (hit) => {
          if (told + waiting.length < left) waiting.push(hit);
          else {
            more = true;
            ends.abort();
          }
          wake();
        },
        progress: (done) => progress?.((bytes = before + done)),
        signal: signal ? AbortSignal.any([signal, ends.signal]) : ends.signal,
      }).finally(() => {
        ended = true;
        wake();
      });
      // Its failure is told below, where it is waited for.
      done.catch(() => undefined);
      while (!ended || waiting.length > 0) {
        const hit = waiting.shift();
        if (!hit) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        if (told === 0) await enter(recording);
        told++;
        hits++;
        yield { kind: 'hit', recording, hit };
      }
      bytes = before + (await done);
      searched++;
      if (more) yield { kind: 'more', recording };
      if (reader.fault) yield { kind: 'unread', recording, sentence: `${recording}: ${reader.fault.message} What came before it was searched.` };
    } catch (error) {
      yield { kind: 'unread', recording, sentence: `${recording}: ${sentenceOf(error)}` };
    } finally {
      ends.abort();
    }
  }
  yield { kind: 'end', hits, searched, closed };
}
