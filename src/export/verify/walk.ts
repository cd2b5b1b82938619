/** The walk through evidence.jsonl, with session.cast beside it: what is disclosed, and whether it is what was sealed. */
import { sha256, sha256Into } from '../../merkle/sha256.ts';
import { MerkleTree } from '../../merkle/tree.ts';
import { EVENT_HEAD_BYTES, writeEventHead } from '../../recording/events.ts';
import { readEndReason } from '../../recording/facts.ts';
import { isNewerHeader, parseHeader } from '../../recording/header.ts';
import type { EventCode, RecordingEvent, SegmentHeader } from '../../recording/types.ts';
import { CastText, readTextLine } from '../cast.ts';
import { decodePiece, isHeaderCommitted, type EvidenceFrame } from '../evidence.ts';
import { BundleFailure } from '../failures.ts';
import type { LineFile } from '../lines.ts';
import { EventOrder } from '../order.ts';
import { OutputCount } from './output.ts';

/** The walk through evidence.jsonl, with session.cast beside it. */
export class EvidenceWalk {
  readonly tree = new MerkleTree();
  readonly roots = new Map<number, string>();
  readonly headers: SegmentHeader[] = [];
  readonly output = new OutputCount();
  readonly order = new EventOrder();
  records = 0;
  outputBytes = 0;
  disclosed = 0;
  withheld = 0;
  endReason: string | undefined;
  /** The first of each kind; which of them is told is decided after the last line, by the order of the checks. */
  textFailure: BundleFailure | undefined;
  headerFailure: BundleFailure | undefined;
  eventFailure: BundleFailure | undefined;
  /** What is wrong with the end of session.cast: told late, because records that are missing at the end make it too. */
  castFailure: BundleFailure | undefined;
  /** The first record that stands at another place than its own, and what was found about it. */
  misplaced: { readonly due: number; readonly found: number } | undefined;
  dueStandsLater = false;
  readonly #recording: string;
  readonly #installation: string;
  readonly #wanted: ReadonlySet<number>;
  readonly #cast: LineFile;
  #text: CastText | undefined;
  #headed = false;
  #segments = 0;
  /** Salt, event head and data of one piece; then its code and its seal; then the digests of a record. */
  #scratch = Buffer.alloc(64 * 1024);
  readonly #coded = Buffer.alloc(1 + 32);
  #digests = Buffer.alloc(64 * 32);

  constructor(recording: string, installation: string, wanted: ReadonlySet<number>, cast: LineFile) {
    this.#recording = recording;
    this.#installation = installation;
    this.#wanted = wanted;
    this.#cast = cast;
  }

  frame(frame: EvidenceFrame): void {
    if (this.misplaced) this.dueStandsLater ||= frame.seq === this.misplaced.due;
    else if (frame.seq !== this.records) this.misplaced = { due: this.records, found: frame.seq };
    this.records += 1;
    this.tree.append(frame.leaf);
    if (this.#wanted.has(this.tree.size)) this.roots.set(this.tree.size, this.tree.head().root);
    // What does not stand where it was sealed, or is not what was sealed, is nothing to read.
    if (this.misplaced || this.textFailure) return;
    this.#text ??= new CastText(this.#recording, frame.wallMs);
    const wrong = this.order.frame(frame.seq, frame.monoNs, frame.header !== undefined);
    if (wrong) this.eventFailure ??= new BundleFailure(wrong.code, wrong.detail);
    if (frame.header) this.#header(frame, frame.header);
    else this.#record(frame);
  }

  /** After the last line. */
  end(): void {
    if (this.misplaced || this.textFailure || !this.#text) return;
    this.#head(undefined);
    this.#expect(this.#text.end());
    if (this.#cast.next() || this.#cast.torn) this.textFailure ??= new BundleFailure('bad-cast', 'It goes on after the last event.');
    this.castFailure = this.textFailure;
    this.textFailure = undefined;
  }

  #header(frame: EvidenceFrame, body: Buffer): void {
    if (!isHeaderCommitted(frame)) {
      this.textFailure = new BundleFailure('bad-commitment', `Record ${frame.seq}.`);
      return;
    }
    const header = parseHeader(body);
    const first = this.headers[0] ?? header;
    const good =
      header !== undefined &&
      header.recording === this.#recording &&
      header.installation === this.#installation &&
      header.person === first!.person &&
      header.started === first!.started &&
      header.segment === this.#segments &&
      header.firstSeq === frame.seq;
    if (good) {
      this.headers.push(header);
      this.output.header(this.#segments, header.outputOffset);
    } else this.headerFailure ??= new BundleFailure(isNewerHeader(body) ? 'newer-version' : 'bad-header', `Record ${frame.seq}, segment ${this.#segments}.`);
    this.#segments += 1;
  }

  #record(frame: EvidenceFrame): void {
    if (this.#segments === 0) this.headerFailure ??= new BundleFailure('bad-header', `Record ${frame.seq} stands before the first segment.`);
    const { pieces } = frame;
    if (this.#digests.length < pieces.length * 32) this.#digests = Buffer.alloc(pieces.length * 64);
    const events: { readonly code: EventCode; readonly timeUs: number; readonly bytes: number; readonly event: RecordingEvent | undefined }[] = [];
    const bad = (): void => {
      this.textFailure = new BundleFailure('bad-evidence', `Record ${frame.seq} is not written as it has to be.`);
    };
    for (const [j, piece] of pieces.entries()) {
      if ('digest' in piece) {
        this.#coded[0] = piece.code.charCodeAt(0);
        this.#coded.write(piece.digest, 1, 32, 'hex');
        sha256Into(this.#coded, this.#digests, j * 32);
        if (piece.code === 's') this.#head(undefined);
      } else if ('bytes' in piece) {
        const bytes = Buffer.from(piece.bytes, 'base64');
        const event = decodePiece(bytes);
        if (bytes.toString('base64') !== piece.bytes || !event) return bad();
        if (event.code === 'o' && this.#text!.isText(event.data)) return bad();
        this.#seal(piece.salt, bytes.length);
        bytes.copy(this.#scratch, 32);
        this.#digest(bytes[0]!, bytes.length, j);
        if (event.code === 's') this.#head(event.data);
        else this.#expect(this.#text!.line(event));
        events.push({ code: event.code, timeUs: event.timeUs, bytes: event.data.length, event });
      } else {
        this.#head(undefined);
        const line = this.#cast.next();
        this.#seal(piece.salt, (line?.length ?? 0) + EVENT_HEAD_BYTES);
        const read = line && this.#text!.isText(LETTER) ? readTextLine(line, this.#scratch, 32 + EVENT_HEAD_BYTES) : undefined;
        if (!read) {
          this.textFailure ??= new BundleFailure('bad-cast', `The text of record ${frame.seq} does not stand in it.`);
          return;
        }
        const bytes = read.end - 32 - EVENT_HEAD_BYTES;
        writeEventHead(this.#scratch, 32, 'o', read.timeUs, bytes);
        this.#digest(OUTPUT, EVENT_HEAD_BYTES + bytes, j);
        this.#text!.passText(read.timeUs);
        events.push({ code: 'o', timeUs: read.timeUs, bytes, event: undefined });
      }
      if (this.textFailure) return;
    }
    if (!sha256(this.#digests.subarray(0, pieces.length * 32)).equals(frame.commitment)) {
      this.textFailure = new BundleFailure('bad-commitment', `Record ${frame.seq}.`);
      return;
    }
    // Events are only looked at when they are what was sealed; until then they are somebody's claim.
    let next = 0;
    for (const piece of pieces) {
      const withheld = 'digest' in piece ? piece : undefined;
      const event = withheld ? undefined : events[next++]!;
      const code = withheld?.code ?? event!.code;
      const wrong = this.order.piece(frame.seq, code) ?? (event && this.order.event(frame.seq, event.code, event.timeUs, event.event));
      if (wrong) this.eventFailure ??= new BundleFailure(wrong.code, wrong.detail);
      if (withheld) this.withheld += 1;
      else this.disclosed += 1;
      if (code === 'o') {
        if (event) this.outputBytes += event.bytes;
        if (event) this.output.disclose(event.bytes);
        else this.output.withhold();
      }
      if (event?.code === 'e') this.endReason = readEndReason(event.event!.data);
    }
  }

  /** Room for a piece behind its salt. */
  #seal(salt: string, bytes: number): void {
    if (this.#scratch.length < 32 + bytes) this.#scratch = Buffer.alloc(2 * (32 + bytes));
    this.#scratch.write(salt, 0, 32, 'hex');
  }

  #digest(code: number, bytes: number, j: number): void {
    this.#coded[0] = code;
    sha256Into(this.#scratch.subarray(0, 32 + bytes), this.#coded, 1);
    sha256Into(this.#coded, this.#digests, j * 32);
  }

  /** Line 1 of session.cast, once: before the first line, or with the start event. */
  #head(start: Uint8Array | undefined): void {
    if (this.#headed) return;
    this.#headed = true;
    this.#expect(this.#text!.head(start));
  }

  /** The next lines of session.cast are these. */
  #expect(text: string): void {
    if (text === '') return;
    this.#head(undefined);
    for (const expected of text.slice(0, -1).split('\n')) {
      const line = this.#cast.next();
      if (line && line.equals(Buffer.from(expected, 'utf8'))) continue;
      this.textFailure ??= new BundleFailure('bad-cast', 'It is not the text that follows from the evidence.');
      return;
    }
  }
}

/** Any text: asks whether the next output could be one. */
const LETTER = Buffer.from('a');
const OUTPUT = 'o'.charCodeAt(0);
