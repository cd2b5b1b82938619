/** Text searched across recordings, for whoever has a key of them. Before anything of one is told, that it was looked into is entered. */
import { join } from 'node:path';
import type { AuditEntry } from '../ledger/events.ts';
import { openRecording, readHeader } from '../recording/reader.ts';
import { liveState } from '../recording/live.ts';
import type { SegmentOpener } from '../recording/types.ts';
import { needleOf, searchRecording, type SearchHit } from '../review/search.ts';
import { sentenceOf } from '../types/sentence.ts';
import type { OpenInstallation } from './installation.ts';

/** Of one recording so many hits are told. */
export const MOST_HITS = 1000;

export interface SearchParts {
  readonly site: Pick<OpenInstallation, 'home'>;
  readonly opener: SegmentOpener;
  /** Whose key it is; undefined for an audit key. */
  readonly person: string | undefined;
  readonly key: 'owner' | 'audit';
  /** Takes the event of a look into one recording, before its first hit is told. */
  readonly enter: (entry: AuditEntry) => Promise<unknown>;
  readonly signal?: AbortSignal;
  /** Output bytes searched so far, in all. */
  readonly progress?: (bytes: number) => void;
}

export type Searched =
  | { readonly kind: 'hit'; readonly recording: string; readonly hit: SearchHit }
  /** There are more hits in it than are told. */
  | { readonly kind: 'more'; readonly recording: string }
  /** It could not be searched whole: what came before was. */
  | { readonly kind: 'unread'; readonly recording: string; readonly sentence: string }
  /** Last. `closed`: not sealed to this key. */
  | { readonly kind: 'end'; readonly hits: number; readonly searched: number; readonly closed: number; readonly bytes: number };

/**
 * Searches recordings one after the other. Each hit comes as it is found.
 * @param ids in the order in which they are searched. @throws RangeError where nothing is looked for
 */
export async function* searchRecordings(parts: SearchParts, ids: readonly string[], words: string): AsyncGenerator<Searched, void, undefined> {
  const { site, opener, person, key, enter, signal, progress } = parts;
  const needle = needleOf(words);
  let [hits, searched, closed, bytes] = [0, 0, 0, 0];
  for (const recording of ids) {
    if (signal?.aborted) break;
    const folder = join(site.home.recordings, recording);
    const waiting: SearchHit[] = [];
    let [told, entered, more] = [0, false, false];
    let wake = (): void => {};
    try {
      const first = await readHeader(folder, 0);
      if (first && !first.header.recipients.some(({ kid }) => kid === opener.kid)) {
        closed++;
        continue;
      }
      const reader = await openRecording(folder, { live: liveState(folder) === 'live' });
      const before = bytes;
      let ended = false;
      const done = searchRecording(reader, opener, needle, {
        found: (hit) => {
          if (told + waiting.length >= MOST_HITS) more = true;
          else waiting.push(hit);
          wake();
        },
        progress: (done) => progress?.((bytes = before + done)),
        signal,
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
        if (!entered)
          await enter({ action: 'play', ...(person === undefined ? {} : { person }), outcome: 'success', detail: { recording, key, how: 'search' } });
        entered = true;
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
    }
  }
  yield { kind: 'end', hits, searched, closed, bytes };
}
