/**
 * What the vault tells a page of a recording that is looked at: JSON inside sealed frames (`review` of src/bridge/frames.ts), so that main relays what it
 * cannot read. Content never goes another way.
 */
import type { Timeline } from './timeline.ts';
import type { CommandLine } from './transcript.ts';

/** A line of the transcript; `gap`: the recording says itself that something is missing there. */
export interface TranscriptLine {
  readonly text: string;
  readonly timeUs: number;
  readonly alternate?: true;
  readonly gap?: true;
}

/** A place where an export would withhold something: blocks over all that was found, and text around it. */
export interface ToldPlace {
  /** Names its piece. */
  readonly place: string;
  readonly timeUs: number;
  readonly kinds: readonly string[];
  readonly seen: readonly string[];
  readonly reason: string;
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

export type ReviewTold =
  /** What an export would withhold, by a ticket of its own. `found`: all of them, also those that are not told. */
  | { readonly kind: 'places'; readonly places: readonly ToldPlace[]; readonly found: number }
  /** It has been read up to here. */
  | { readonly kind: 'read'; readonly atUs: number }
  /** Read whole. `lines`: of the transcript, `kept` of them can be asked for. */
  | {
      readonly kind: 'timeline';
      readonly timeline: Timeline;
      readonly commands: readonly CommandLine[];
      readonly lines: number;
      readonly kept: number;
      readonly fault: string | null;
    }
  /** What ran in recordings, by id, and for which ticket they were begun. */
  | { readonly kind: 'programs'; readonly programs: readonly (readonly [recording: string, program: string, ticket: string | null])[] }
  /** A moment that was sought: `screen` is output for a blank terminal, base64. */
  | { readonly kind: 'moment'; readonly atUs: number; readonly cols: number; readonly rows: number; readonly screen: string }
  /** What comes behind it: code, microseconds, base64 of the data. */
  | { readonly kind: 'events'; readonly events: readonly (readonly [code: string, timeUs: number, data: string])[]; readonly end: boolean }
  | { readonly kind: 'lines'; readonly from: number; readonly lines: readonly TranscriptLine[] }
  | { readonly kind: 'hit'; readonly recording: string; readonly timeUs: number; readonly context: string; readonly at: number; readonly length: number }
  | { readonly kind: 'searching'; readonly bytes: number }
  | {
      readonly kind: 'searched';
      readonly hits: number;
      readonly searched: number;
      readonly closed: number;
      readonly unread: readonly string[];
      readonly cancelled: boolean;
    };
