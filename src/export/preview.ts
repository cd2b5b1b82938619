/** What an export would hold, before it is made: how much of it is in the clear, and each place where something was found, with blocks over all that was. */
import { Sequences } from '../terminal/sequences.ts';
import { utf8WithMarks } from '../terminal/utf8.ts';
import { placeName, type DisclosedFinding, type Disclosure } from './disclosure.ts';
import { disclosedPieces, type Source } from './disclosed.ts';

/** Characters before and after a piece, and of the piece. */
const AROUND = 60;
const OWN = 200;
/** Places that are told; of the others there is the count. */
export const MOST_PLACES = 500;
/** The rest of a bundle: the verifier, its guide, signatures. */
const FIXED_BYTES = 130_000;
/** In evidence and ledger, for each record and each piece. */
const RECORD_BYTES = 350;
const PIECE_BYTES = 110;

/** A place where something was found. */
export interface PreviewPlace extends Pick<DisclosedFinding, 'timeUs' | 'kinds' | 'seen' | 'reason' | 'code'> {
  /** Names its piece. */
  readonly place: string;
  /** Covered text before it, of it and after it. */
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

export interface PreviewSizes {
  /** Pieces and bytes that go out in the clear. */
  readonly clearPieces: number;
  readonly clearBytes: number;
  /** Pieces that are withheld for what was found in them, and pieces outside of the span. */
  readonly withheld: number;
  readonly notRequested: number;
  /** About so large is the evidence folder with the folder beside it. */
  readonly aboutBytes: number;
}

export interface Preview extends PreviewSizes {
  readonly places: readonly PreviewPlace[];
  /** All of them: also those that are not told. */
  readonly found: number;
}

/** @throws ExportError, RecordingError */
export async function previewOf(source: Source, disclosure: Disclosure): Promise<Preview> {
  const { requestedFindings } = disclosure;
  const findings = new Map(requestedFindings.slice(0, MOST_PLACES).map((finding) => [finding.number, finding]));
  const places: { -readonly [K in keyof PreviewPlace]: PreviewPlace[K] }[] = [];
  const walked = { records: 0 };
  let [clearPieces, clearBytes, withheld, notRequested, pieces] = [0, 0, 0, 0, 0];
  let tail = '';
  for await (const batch of disclosedPieces(source, disclosure, walked))
    for (const { number, recorded, event, reason } of batch) {
      pieces += 1;
      if (reason === undefined) {
        clearPieces += 1;
        clearBytes += recorded.data.length;
      } else if (reason === 'not-requested') notRequested += 1;
      else if (reason !== 'snapshot') withheld += 1;
      const text = event?.code === 'o' ? lineOf(event.data) : '';
      // Those that wait for what comes behind them are the last ones.
      for (let i = places.length - 1; i >= 0 && places[i]!.after.length < AROUND; i--) places[i]!.after = `${places[i]!.after}${text}`.slice(0, AROUND);
      const finding = findings.get(number);
      if (finding) {
        const { timeUs, kinds, seen, reason: why, code } = finding;
        places.push({ place: placeName(finding), timeUs, kinds, seen, reason: why, code, before: tail, text: text.slice(0, OWN), after: '' });
      }
      tail = `${tail}${text}`.slice(-AROUND);
    }
  const aboutBytes = FIXED_BYTES + walked.records * RECORD_BYTES + pieces * PIECE_BYTES + Math.round(clearBytes * 2.2);
  return { places, found: requestedFindings.length, clearPieces, clearBytes, withheld, notRequested, aboutBytes };
}

/** The text of some output in one line. */
function lineOf(data: Uint8Array): string {
  const parts: string[] = [];
  const sequences = new Sequences({ text: (text) => parts.push(utf8WithMarks(text)), control: (byte) => void (byte === 10 && parts.push(' ')) });
  sequences.feed(data);
  return parts.join('').replace(/\p{Cc}/gu, '');
}
