/**
 * What of a recording an export discloses, decided before a word of it is written: which recognisers look, and which span of time was asked for. A value that
 * is split shows only behind its end, so all of the recording is looked at first.
 */
import { placeOf } from '../recording/erased.ts';
import { openRecording } from '../recording/reader.ts';
import type { RecordingEvent, SegmentOpener } from '../recording/types.ts';
import { Redactor, type Kind, type Mask, type PieceFinding } from '../redaction/index.ts';
import { ExportError } from './error.ts';
import { mostTyped } from '../types/most-typed.ts';

/** Events that may be withheld: they can hold what somebody wrote (docs/format.md). */
const WITHHOLDABLE: readonly string[] = ['s', 'o', 'i', 'm'];

const LF = 10;

/** A span of a recording, in microseconds since its start. */
export interface Span {
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
}

export interface DisclosureAsked extends Span {
  /** Recognisers that look; none where everything is to be disclosed. */
  readonly kinds: readonly Kind[];
}

/** Where a piece stands in the recording. */
interface Place {
  /** Number of its record in the recording, and its own in the record. */
  readonly record: number;
  readonly piece: number;
  readonly code: RecordingEvent['code'];
  readonly timeUs: number;
}

export interface DisclosedFinding extends PieceFinding, Place {
  /** Number of the piece in the whole recording. */
  readonly number: number;
}

/** A piece in which something was found, as people and lists name it. */
export const placeName = ({ record, piece }: Pick<Place, 'record' | 'piece'>): string => `${record}.${piece}`;

/** Pieces that somebody releases by hand, by their names, each with the reason that goes into the list. */
export type Released = ReadonlyMap<string, string>;

/** So many pieces are looked at one by one. */
const MOST_RELEASED = 500;

/** What to withhold, and why. */
export class Disclosure {
  readonly asked: DisclosureAsked;
  /** Why what was found in these pieces goes out all the same. */
  readonly released: Released;
  /** In the order of the recording. */
  readonly findings: readonly DisclosedFinding[];
  /** So many pieces were looked at: what a live recording has written since then is withheld. */
  readonly pieces: number;
  /** The last piece that was looked at; undefined where there is none. */
  readonly last: Pick<Place, 'record' | 'piece'> | undefined;
  /** The last piece behind which no line is open: what stands in an open one is known for what it is by what comes. */
  readonly lastWhole: Pick<Place, 'record' | 'piece'> | undefined;
  readonly #byNumber: ReadonlyMap<number, DisclosedFinding>;

  constructor(
    asked: DisclosureAsked,
    findings: readonly DisclosedFinding[],
    pieces: number,
    last?: Pick<Place, 'record' | 'piece'>,
    released: Released = new Map(),
    lastWhole: Pick<Place, 'record' | 'piece'> | undefined = last,
  ) {
    this.asked = asked;
    this.findings = findings;
    this.pieces = pieces;
    this.last = last;
    this.lastWhole = lastWhole;
    this.released = released;
    this.#byNumber = new Map(findings.filter((finding) => !released.has(placeName(finding))).map((finding) => [finding.number, finding]));
  }

  /** What was found in what was asked for: the rest of the recording is left out whatever stands in it. */
  get requestedFindings(): readonly DisclosedFinding[] {
    return this.findings.filter((finding) => this.requested(finding.number, finding));
  }

  /** What is withheld because of what was found in it. */
  get withheldFindings(): readonly DisclosedFinding[] {
    return this.requestedFindings.filter(({ number }) => this.#byNumber.has(number));
  }

  /**
   * The same with these pieces released by hand.
   * @throws ExportError 'bad-release' where nothing was found in one, it is outside of the span, nobody could read what is in it, or its reason is none
   */
  release(released: Released): Disclosure {
    if (released.size > MOST_RELEASED)
      throw new ExportError(
        'bad-release',
        `${released.size} pieces are to be released by hand, and ${MOST_RELEASED} is the most. Choose other recognisers, or a span. Nothing was exported.`,
      );
    const found = new Map(this.findings.map((finding) => [placeName(finding), finding]));
    for (const [name, reason] of released) {
      const finding = found.get(name);
      const shown = JSON.stringify(name.slice(0, 40));
      if (!finding)
        throw new ExportError(
          'bad-release',
          `Nothing was found in piece ${shown}, so it cannot be released. See: wardmux redact preview. Nothing was exported.`,
        );
      if (!this.requested(finding.number, finding))
        throw new ExportError('bad-release', `Piece ${shown} is outside of the span that was asked for, so nobody releases it. Nothing was exported.`);
      if (finding.kinds.includes('unread'))
        throw new ExportError('bad-release', `What is in piece ${shown} could not be read by the recognisers, so nobody releases it. Nothing was exported.`);
      if (reason.trim() === '' || reason.length > mostTyped.release || /\p{Cc}/u.test(reason))
        throw new ExportError(
          'bad-release',
          `Say in one line of 1 to ${mostTyped.release} characters why piece ${shown} is released: it stands in the list that goes with the export. Nothing was exported.`,
        );
    }
    return new Disclosure(
      this.asked,
      this.findings,
      this.pieces,
      this.last,
      new Map(Array.from(released, ([name, reason]) => [name, reason.trim()])),
      this.lastWhole,
    );
  }

  /** Why this piece is withheld, in the words of evidence.jsonl; undefined where it is disclosed. */
  withheld(number: number, event: Pick<RecordingEvent, 'code' | 'timeUs'>): string | undefined {
    if (!WITHHOLDABLE.includes(event.code)) return undefined;
    if (!this.requested(number, event)) return 'not-requested';
    return this.#byNumber.get(number)?.reason;
  }

  /** Whether it stands in the span that was asked for. The start is always in it: it says what was begun, and how large the screen is. */
  requested(number: number, { code, timeUs }: Pick<RecordingEvent, 'code' | 'timeUs'>): boolean {
    const { fromUs, toUs } = this.asked;
    return number < this.pieces && (code === 's' || ((fromUs === undefined || timeUs >= fromUs) && (toUs === undefined || timeUs <= toUs)));
  }

  /** What of a piece is covered where the session is shown with blocks in it. */
  masks(number: number): readonly Mask[] {
    return this.#byNumber.get(number)?.masks ?? [];
  }
}

/**
 * Looks at all of a recording.
 * @throws RecordingError as the reader does. Damage is no error here: the bundle's writer judges it.
 */
export async function planDisclosure(
  { folder, opener, live }: { readonly folder: string; readonly opener: SegmentOpener; readonly live: boolean },
  asked: DisclosureAsked,
): Promise<Disclosure> {
  const redactor = new Redactor(asked.kinds);
  const places = new Map<number, Place>();
  let pieces = 0;
  let last: Pick<Place, 'record' | 'piece'> | undefined;
  let lastWhole: typeof last;
  let isOpen = false;
  const reader = await openRecording(folder, { live });
  for await (const { frame, events, erased } of reader.records(opener)) {
    for (const [n, { event }] of events.entries()) {
      const piece = placeOf(erased, n);
      if (WITHHOLDABLE.includes(event.code)) places.set(pieces, { record: frame.seq, piece, code: event.code, timeUs: event.timeUs });
      await redactor.piece(event);
      last = { record: frame.seq, piece };
      const { code, data } = event;
      if (code === 'o' && data.length > 0) isOpen = data.at(-1) !== LF;
      if (!isOpen) lastWhole = last;
      pieces += 1;
    }
  }
  const found = await redactor.end();
  const findings = Array.from(found, ([number, finding]): DisclosedFinding => ({ ...finding, ...places.get(number)!, number }));
  return new Disclosure(asked, findings, pieces, last, undefined, lastWhole);
}
