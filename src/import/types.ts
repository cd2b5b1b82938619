/** What recordings of other programs are read into. Pure. */
import type { ImportKind } from '../types/words.ts';

/** Bytes of a file, in order, in pieces of any length. */
export type Bytes = Iterable<Uint8Array>;

/** What is read: the file, and with some formats a second one beside it. */
export interface ImportParts {
  readonly content: Bytes;
  /** When what of the content was printed: of script. */
  readonly timing?: Bytes | undefined;
}

/** What a file says of the session as a whole. It is that file's word, and nobody else's. */
export interface ImportedHead {
  readonly code: 'head';
  readonly kind: ImportKind;
  /** As the file has it, which may be what no terminal is; undefined where it does not say. */
  readonly size: Size | undefined;
  readonly term: string | undefined;
  readonly command: string | undefined;
  readonly title: string | undefined;
  /** When it began, milliseconds since 1970; undefined where it does not say. */
  readonly beganMs: number | undefined;
}

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

/** One thing that happened, as a file has it. `us`: microseconds since its start; it may be smaller than before. */
export type ReadEvent =
  | { readonly code: 'o'; readonly us: number; readonly data: Uint8Array }
  | { readonly code: 'r'; readonly us: number; readonly size: Size }
  /** A word that the file has at that place. */
  | { readonly code: 'm'; readonly us: number; readonly text: string }
  /** The program ended. */
  | { readonly code: 'x'; readonly us: number; readonly exit: number }
  /** Bytes, or characters, that were typed: only how many. */
  | { readonly code: 'i'; readonly us: number; readonly count: number }
  /** Output whose time the file does not say; it has that of what is before it. */
  | { readonly code: 'untimed'; readonly bytes: number }
  /** Messages or lines that the file itself shows to be missing, or that it has and no reader of ours knows. */
  | { readonly code: 'missing' | 'unknown'; readonly count: number }
  /** The file ends in the middle of something, so many bytes before its end or behind it. */
  | { readonly code: 'torn'; readonly bytes: number };

/** The head first, once; then what happened, in the order of the file. @throws ImportError */
export type Reading = Generator<ImportedHead | ReadEvent, void, undefined>;

export interface ImportFormatRow {
  /** As it is asked for on a command line. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** Whether a file that begins so may be of this format: its first bytes, some KiB. */
  readonly looksLike: (first: Uint8Array) => boolean;
  /** Whether it has a second file beside it. */
  readonly timing: boolean;
  readonly read: (parts: ImportParts) => Reading;
}
