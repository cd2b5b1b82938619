/** What a collector wrote down, read back: its lines against the ledger's leaves. Whoever wrote the file is believed nothing that the ledger does not say too. Pure. */
import { SD_ID } from '../anchors/syslog-tls.ts';

/** An event in a line of a collector's file, wherever in the line its structured data, or its document, stands. */
interface Collected {
  readonly installation: string;
  readonly seq: number;
  readonly leaf: string;
}

const ELEMENT = new RegExp(`\\[${SD_ID} id="(w-[0-9a-f]{12})/(\\d{1,15})" installation="(w-[0-9a-f]{12})" seq="(\\d{1,15})" leaf="([0-9a-f]{64})"`);

/** The same of a document (document.ts), as whatever keeps it gives it back: with spaces, or in a document of its own. */
const DOCUMENT =
  /"id"\s*:\s*"(w-[0-9a-f]{12})\/(\d{1,15})"\s*,\s*"installation"\s*:\s*"(w-[0-9a-f]{12})"\s*,\s*"seq"\s*:\s*(\d{1,15})\s*,\s*"leaf"\s*:\s*"([0-9a-f]{64})"/;

/** The same of a line of CEF (cef.ts). */
const CEF = /\bexternalId=(w-[0-9a-f]{12})\/(\d{1,15}) deviceExternalId=(w-[0-9a-f]{12}) cn1=(\d{1,15}) cn1Label=seq cs1=([0-9a-f]{64})/;

/** The event of a line, or of a document alone; undefined where it has none. */
export function collectedOf(line: string): Collected | undefined {
  const [, id, of, installation, seq, leaf] = ELEMENT.exec(line) ?? DOCUMENT.exec(line) ?? CEF.exec(line) ?? [];
  if (id === undefined || id !== installation || of !== seq) return undefined;
  return { installation: installation!, seq: Number(seq), leaf: leaf! };
}

export interface Comparison {
  /** Events of this installation in the file, each counted once. */
  readonly events: number;
  /** Lines that repeat one. */
  readonly repeated: number;
  /** Events that came behind a later one. */
  readonly outOfOrder: number;
  /** Events of other installations. */
  readonly foreign: number;
  /** Lines that are no event. */
  readonly others: number;
  /** Numbers of events that the file has otherwise than the ledger, or that the ledger does not have; the first few. */
  readonly different: readonly number[];
  /** Numbers of events up to the newest in the file that it does not have; the first few, and how many in all. */
  readonly missing: readonly number[];
  readonly missingCount: number;
  /** Events of the ledger behind the newest in the file. */
  readonly behind: number;
}

/** So many numbers are named. */
const NAMED = 10;

/** Takes the lines of a file, and then the leaves of the ledger, each in order. */
export class CollectorComparison {
  readonly #installation: string;
  readonly #leaves = new Map<number, string>();
  readonly #different = new Set<number>();
  #missing: number[] = [];
  #missingCount = 0;
  #size = 0;
  #newest = -1;
  #repeated = 0;
  #outOfOrder = 0;
  #foreign = 0;
  #others = 0;

  constructor(installation: string) {
    this.#installation = installation;
  }

  line(text: string): void {
    const found = collectedOf(text);
    if (!found) {
      if (text.trim() !== '') this.#others++;
      return;
    }
    const { installation, seq, leaf } = found;
    if (installation !== this.#installation) {
      this.#foreign++;
      return;
    }
    const before = this.#leaves.get(seq);
    if (before !== undefined) {
      this.#repeated++;
      // The same number with two contents: one of them is not the ledger's, whichever comes first.
      if (before !== leaf) this.#different.add(seq);
      return;
    }
    if (seq < this.#newest) this.#outOfOrder++;
    this.#newest = Math.max(this.#newest, seq);
    this.#leaves.set(seq, leaf);
  }

  /** @param hash of the next event of the ledger, lower-case hex. */
  leaf(hash: string): void {
    const seq = this.#size++;
    const there = this.#leaves.get(seq);
    if (there !== undefined && there !== hash) this.#different.add(seq);
    if (there !== undefined || seq > this.#newest) return;
    this.#missingCount++;
    if (this.#missing.length < NAMED) this.#missing.push(seq);
  }

  result(): Comparison {
    for (const seq of this.#leaves.keys()) if (seq >= this.#size) this.#different.add(seq);
    return {
      events: this.#leaves.size,
      repeated: this.#repeated,
      outOfOrder: this.#outOfOrder,
      foreign: this.#foreign,
      others: this.#others,
      different: [...this.#different].toSorted((a, b) => a - b).slice(0, NAMED),
      missing: this.#missing,
      missingCount: this.#missingCount,
      behind: Math.max(0, this.#size - 1 - this.#newest),
    };
  }
}
