/**
 * ttyrec (ttyrec(1), and the many that write the same): frames of a 12-byte head (seconds, microseconds, length; 32 bits each, the least
 * significant byte first) and as many bytes of output. It has no beginning, no end and no size of the terminal. Pure.
 */
import { notTheFormat } from './errors.ts';
import { Pull } from './pull.ts';
import type { ImportFormatRow, Reading } from './types.ts';

const LABEL = 'a ttyrec';
const HEAD_BYTES = 12;
/** Recorders read some KiB at once; a length that is larger is no length. */
const MAX_FRAME_BYTES = 1024 * 1024;
const US = 1_000_000;

interface FrameHead {
  /** Microseconds since 1970. */
  readonly us: number;
  readonly length: number;
}

/** @returns undefined where it is none: no clock has so many microseconds, and no frame is so long. */
function headOf(bytes: Buffer): FrameHead | undefined {
  const [seconds, micros, length] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
  return micros < US && length <= MAX_FRAME_BYTES ? { us: seconds * US + micros, length } : undefined;
}

function* read({ content }: { readonly content: Iterable<Uint8Array> }): Reading {
  const bytes = new Pull(content);
  let began: number | undefined;
  let us = 0;
  for (let frame = 1; ; frame++) {
    const head = bytes.exactly(HEAD_BYTES);
    if (began === undefined && head.length < HEAD_BYTES) throw notTheFormat(LABEL, 'the file', head.length === 0 ? 'is empty' : 'is shorter than one frame');
    if (head.length === 0) return;
    if (head.length < HEAD_BYTES) {
      yield { code: 'torn', bytes: head.length };
      return;
    }
    const found = headOf(head);
    if (!found) throw notTheFormat(LABEL, `frame ${frame}`, 'has a head that is none');
    if (began === undefined) {
      began = found.us;
      yield { code: 'head', kind: 'ttyrec', size: undefined, term: undefined, command: undefined, title: undefined, beganMs: Math.floor(began / 1000) };
    }
    us = found.us - began;
    const data = bytes.exactly(found.length);
    if (data.length > 0) yield { code: 'o', us, data };
    if (data.length < found.length) {
      yield { code: 'torn', bytes: found.length - data.length };
      return;
    }
  }
}

/** There is no magic number: as many frames as are there have to follow each other. */
function looksLike(first: Uint8Array): boolean {
  const bytes = Buffer.from(first);
  let at = 0;
  let before = 0;
  for (let frames = 0; at + HEAD_BYTES <= bytes.length; frames++) {
    const head = headOf(bytes.subarray(at));
    // A clock that goes back by a day or on by a year, or that is before 1990: text, and no frames.
    if (!head || head.us < 631_152_000 * US || (frames > 0 && (head.us < before - 86_400 * US || head.us > before + 366 * 86_400 * US))) return false;
    before = head.us;
    at += HEAD_BYTES + head.length;
  }
  return before > 0;
}

export const ttyrec: ImportFormatRow = { name: 'ttyrec', label: LABEL, looksLike, timing: false, read };
