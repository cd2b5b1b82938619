/**
 * session.cast from the evidence: asciicast v2 (docs.asciinema.org/manual/asciicast/v2). Exactly one text follows from one
 * evidence, so a verifier makes it again and compares. verify.py writes the same text; each rule here has its twin there.
 */
import type { RecordingEvent } from '../recording/types.ts';

/** What a recording shows that has no start event in the evidence. */
const FALLBACK = { cols: 80, rows: 24, term: 'xterm-256color' };

/** Events that are not terminal text become markers with a fixed word: their content is JSON that stays in the evidence. */
const MARKERS: Readonly<Record<string, string>> = { l: 'locked', u: 'unlocked', g: 'gap', x: 'exit', e: 'end' };

/** Seconds with six decimals. Numbers of microseconds stay exact, which a floating-point second would not promise. */
function seconds(timeUs: number): string {
  return `${Math.floor(timeUs / 1_000_000)}.${String(timeUs % 1_000_000).padStart(6, '0')}`;
}

function startInfo(data: Uint8Array): typeof FALLBACK {
  try {
    const value = JSON.parse(new TextDecoder().decode(data)) as Partial<typeof FALLBACK>;
    const cells = (count: unknown): boolean => Number.isInteger(count) && (count as number) >= 1 && (count as number) <= 100_000;
    if (cells(value.cols) && cells(value.rows) && typeof value.term === 'string') return { cols: value.cols!, rows: value.rows!, term: value.term };
  } catch {
    // Not JSON: the fallback below.
  }
  return FALLBACK;
}

export class CastBuilder {
  readonly #write: (text: string) => void;
  readonly #recording: string;
  readonly #timestamp: number;
  #headed = false;
  /** Stream decoders: a character may be cut by the end of a piece. Invalid bytes show as U+FFFD, one a maximal subpart. */
  readonly #decoders = { o: decoder(), i: decoder() };
  readonly #times = { o: 0, i: 0 };

  /** @param wallMs time of the recording's first frame. @param write takes the text in order, in pieces. */
  constructor(recording: string, wallMs: number, write: (text: string) => void) {
    this.#recording = recording;
    this.#timestamp = Math.floor(wallMs / 1000);
    this.#write = write;
  }

  #head(start: typeof FALLBACK): void {
    if (this.#headed) return;
    this.#headed = true;
    const head = {
      version: 2,
      width: start.cols,
      height: start.rows,
      timestamp: this.#timestamp,
      title: `Wardmux ${this.#recording}`,
      env: { TERM: start.term },
    };
    this.#write(`${JSON.stringify(head)}\n`);
  }

  event(event: RecordingEvent): void {
    const { code, timeUs, data } = event;
    if (code === 's') this.#head(startInfo(data));
    else if (code === 'o' || code === 'i') {
      this.#times[code] = timeUs;
      this.#line(timeUs, code, this.#decoders[code].decode(data, { stream: true }));
    } else if (code === 'r' || code === 'm') this.#line(timeUs, code, decoder().decode(data));
    else if (code in MARKERS) this.#line(timeUs, 'm', MARKERS[code]!);
  }

  /** Writes what a cut character leaves. Call it once, at the end. */
  end(): void {
    this.#head(FALLBACK);
    for (const code of ['o', 'i'] as const) this.#line(this.#times[code], code, this.#decoders[code].decode());
  }

  #line(timeUs: number, code: string, text: string): void {
    if (text === '') return;
    this.#head(FALLBACK);
    this.#write(`[${seconds(timeUs)}, "${code}", ${JSON.stringify(text)}]\n`);
  }
}

function decoder() {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
