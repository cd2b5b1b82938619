/** What of a recording goes out, event by event: blocks in the places of what was found, and nothing outside of the span. */
import { placeOf } from '../recording/erased.ts';
import { openRecording } from '../recording/reader.ts';
import type { RecordingEvent, SegmentOpener } from '../recording/types.ts';
import { covered } from '../redaction/index.ts';
import type { Disclosure } from './disclosure.ts';
import { ExportError } from './error.ts';

export interface Source {
  /** Folder of the recording. */
  readonly folder: string;
  readonly opener: SegmentOpener;
  /** It still grows: a torn end is then its end. */
  readonly live: boolean;
}

export interface DisclosedPiece {
  readonly record: number;
  readonly piece: number;
  /** Number of the piece in the whole recording. */
  readonly number: number;
  /** As it was recorded. Its data lasts until the next batch, as that of `event`. */
  readonly recorded: RecordingEvent;
  /** As it goes out; undefined where nothing of it does. Of what is withheld only output has anything left. */
  readonly event: RecordingEvent | undefined;
  /** Why it is withheld, in the words of the evidence; undefined where it is disclosed. */
  readonly reason: string | undefined;
}

/** How many records there are: known when the walk has ended. */
export interface Walked {
  records: number;
}

/**
 * Walks all of it, a record at a time. @param walked is filled on the way.
 * @throws ExportError 'damaged', RecordingError
 */
export async function* disclosedPieces(
  { folder, opener, live }: Source,
  disclosure: Disclosure,
  walked: Walked = { records: 0 },
): AsyncGenerator<readonly DisclosedPiece[], void, undefined> {
  const reader = await openRecording(folder, { live });
  let number = 0;
  for await (const { frame, events, erased } of reader.contents(opener)) {
    walked.records = frame.seq + 1;
    yield events.map((event, n): DisclosedPiece => {
      const reason = event.code === 'n' ? 'snapshot' : disclosure.withheld(number, event);
      return {
        record: frame.seq,
        piece: placeOf(erased, n),
        recorded: event,
        reason,
        event: shown(event, number, disclosure, reason),
        number: number++,
      };
    });
  }
  const { fault } = reader;
  // A torn end is where an interrupted recording ends.
  if (fault && (fault.code !== 'torn' || fault.segment !== reader.segments.at(-1)))
    throw new ExportError('damaged', `The recording is damaged and was not exported: ${fault.message} Keep ${folder} for the audit.`);
}

function shown(event: RecordingEvent, number: number, disclosure: Disclosure, reason: string | undefined): RecordingEvent | undefined {
  // What happened outside of the span is not asked for either; the size of the screen goes on counting.
  if (reason === undefined) return event.code === 'r' || disclosure.requested(number, event) ? event : undefined;
  return event.code === 'o' && reason !== 'not-requested' ? { ...event, data: covered(event.data, disclosure.masks(number)) } : undefined;
}
