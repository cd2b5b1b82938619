/**
 * What of a recording is to be withheld. It takes every event in order and looks at two views of the output, with the escapes left out and as the screen
 * showed it, and takes whatever either finds. It knows nothing of how a recording is stored: pieces have numbers, and their bytes places.
 */
import { eventSize } from '../recording/tail.ts';
import type { RecordingEvent } from '../recording/types.ts';
import { GridView } from './grid-view.ts';
import { LineScanner } from './line-scanner.ts';
import { RawView, views, type Hit, type View } from './raw-view.ts';
import { rowOf } from './table.ts';
import type { Kind, RedactionReason } from './recogniser.ts';

/** Bytes of one piece that are to be covered. */
export interface Mask {
  readonly from: number;
  readonly to: number;
  /** Where it is known, of that run of text these characters alone. */
  readonly shown?: string | undefined;
  /** A control function: it is left out as a whole. */
  readonly control: boolean;
}

export interface PieceFinding {
  readonly reason: RedactionReason;
  /** Each once, in alphabetical order. */
  readonly kinds: readonly (Kind | 'unread')[];
  /** Each once, in their order. */
  readonly seen: readonly View[];
  readonly masks: readonly Mask[];
}

const reasonOf = (kind: Kind | 'unread'): RedactionReason => (kind === 'unread' ? 'personal-data' : rowOf(kind).reason);
/** What several recognisers find in one piece has the reason that weighs most. */
const WEIGHT: readonly RedactionReason[] = ['patient-data', 'personal-data', 'secret'];

const FALLBACK = { cols: 80, rows: 24 };

interface Collected {
  readonly kinds: Set<Kind | 'unread'>;
  readonly seen: Set<View>;
  readonly masks: Mask[];
}

export class Redactor {
  readonly #kinds: readonly Kind[];
  readonly #found = new Map<number, Collected>();
  readonly #output: RawView;
  readonly #input: RawView;
  readonly #lines: LineScanner;
  #grid: GridView | undefined;
  #pieces = 0;

  /** @param kinds which recognisers look. */
  constructor(kinds: readonly Kind[]) {
    this.#kinds = kinds;
    this.#output = new RawView(new LineScanner(kinds), (hit) => this.#take(hit));
    this.#input = new RawView(new LineScanner(kinds), (hit) => this.#take(hit));
    this.#lines = new LineScanner(kinds);
  }

  /** The next event of the recording. Its number is how many came before it. */
  async piece({ code, data }: RecordingEvent): Promise<void> {
    const piece = this.#pieces++;
    switch (code) {
      case 'o': {
        // A copy: both views keep what they have not judged yet, and the reader wipes its own.
        const bytes = Buffer.from(data);
        this.#output.feed(piece, bytes);
        const grid = (this.#grid ??= await this.#newGrid(FALLBACK));
        grid.feed(piece, bytes);
        return;
      }
      case 'i':
        return this.#input.feed(piece, Buffer.from(data));
      case 's':
        this.#whole(piece, data, 'start');
        return this.#resize(eventSize('s', data));
      case 'r':
        return this.#resize(eventSize('r', data));
      case 'm':
        return this.#whole(piece, data, 'marker');
      default:
    }
  }

  /** Nothing more comes. @returns what is to be withheld, by the numbers of pieces. */
  async end(): Promise<ReadonlyMap<number, PieceFinding>> {
    this.#output.end();
    this.#input.end();
    try {
      this.#grid?.end();
    } finally {
      this.#grid?.dispose();
    }
    const findings = new Map<number, PieceFinding>();
    for (const piece of [...this.#found.keys()].sort((a, b) => a - b)) {
      const { kinds, seen, masks } = this.#found.get(piece)!;
      const reasons = new Set(Array.from(kinds, reasonOf));
      findings.set(piece, {
        reason: WEIGHT.find((reason) => reasons.has(reason))!,
        kinds: [...kinds].sort(),
        seen: views.filter((view) => seen.has(view)),
        masks: merged(masks),
      });
    }
    return findings;
  }

  async #resize(size: { readonly cols: number; readonly rows: number } | undefined): Promise<void> {
    if (!size) return;
    this.#output.width(size.cols);
    if (this.#grid) this.#grid.resize(size.cols, size.rows);
    else this.#grid = await this.#newGrid(size);
  }

  #newGrid(size: { readonly cols: number; readonly rows: number }): Promise<GridView> {
    return GridView.of(size, new LineScanner(this.#kinds), (hit) => this.#take(hit));
  }

  /** A piece that is withheld as a whole, where anything is found in it: the strings of a start event stand behind one another, as in a command line. */
  #whole(piece: number, data: Uint8Array, view: View): void {
    const text = Buffer.from(data).toString('utf8');
    const words: string[] = [];
    try {
      const { command, cwd } = JSON.parse(text) as { readonly command?: unknown; readonly cwd?: unknown };
      if (Array.isArray(command)) words.push(command.map(String).join(' '), ...command.map(String));
      if (typeof cwd === 'string') words.push(cwd);
    } catch {
      // Then it is text.
    }
    const lines = [text, ...words].flatMap((each) => each.split(/[\r\n]/));
    this.#lines.restart();
    for (const { kind } of lines.flatMap((line) => this.#lines.line(line))) this.#take({ kind, view, spans: [{ piece, from: 0, to: data.length }] });
  }

  #take({ kind, view, spans }: Hit): void {
    for (const { piece, from, to, shown } of spans) {
      let collected = this.#found.get(piece);
      if (!collected) this.#found.set(piece, (collected = { kinds: new Set(), seen: new Set(), masks: [] }));
      collected.kinds.add(kind);
      collected.seen.add(view);
      const control = view === 'control';
      const { masks } = collected;
      if (!masks.some((mask) => mask.from === from && mask.to === to && mask.shown === shown && mask.control === control))
        masks.push({ from, to, shown, control });
    }
  }
}

/** In their order. */
const merged = (masks: readonly Mask[]): Mask[] => [...masks].sort((a, b) => a.from - b.from || a.to - b.to);
