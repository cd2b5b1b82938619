/** Text with blocks in the places of what is withheld: as many cells as before, so that tables and screens keep their shape. */
import { Sequences } from '../terminal/sequences.ts';
import { cellsOf } from '../terminal/cells.ts';
import { utf8WithMarks } from '../terminal/utf8.ts';
import { LineScanner } from './line-scanner.ts';
import type { Kind } from './recogniser.ts';
import type { Mask } from './redactor.ts';
import { standardKinds } from './table.ts';

const BLOCK = '\u2588';

/** A piece of output with its masks carried out. */
export function covered(data: Uint8Array, masks: readonly Mask[]): Buffer {
  const hidden = new Uint8Array(data.length);
  const COVER = 1;
  const DROP = 2;
  for (const mask of masks) for (const [from, to] of places(data, mask)) hidden.fill(mask.control ? DROP : COVER, from, to);
  const out: Buffer[] = [];
  let at = 0;
  while (at < data.length) {
    const state = hidden[at]!;
    let end = at;
    while (end < data.length && hidden[end] === state) end++;
    if (state === 0) out.push(Buffer.from(data.subarray(at, end)));
    else if (state === COVER) out.push(blocks(data.subarray(at, end)));
    at = end;
  }
  return Buffer.concat(out);
}

/** Control functions in it stay: they were no part of what was found, and where text stands depends on them. */
function blocks(bytes: Uint8Array): Buffer {
  const out: string[] = [];
  const sequences = new Sequences({
    text: (text) => out.push(BLOCK.repeat(cellsOf(utf8WithMarks(text)))),
    control: (byte) => out.push(String.fromCharCode(byte)),
    escape: (intermediates, final) => out.push(`\x1b${intermediates}${final}`),
    csi: ({ prefix, parameters, intermediates, final }) => out.push(`\x1b[${prefix}${parameters}${intermediates}${final}`),
  });
  sequences.feed(bytes);
  return Buffer.from(out.join(''), 'utf8');
}

/** What of a run is meant: all places where it has those characters, or all of it where it has them nowhere. */
function* places(data: Uint8Array, { from, to, shown }: Mask): Generator<readonly [from: number, to: number]> {
  const wanted = shown === undefined ? undefined : Buffer.from(shown, 'utf8');
  const run = Buffer.from(data.buffer, data.byteOffset, data.byteLength).subarray(0, to);
  let found = false;
  if (wanted && wanted.length > 0)
    for (let at = run.indexOf(wanted, from); at >= 0; at = run.indexOf(wanted, at + 1)) {
      found = true;
      yield [at, at + wanted.length];
    }
  if (!found) yield [from, to];
}

/** A line that stands alone, with blocks over what the recognisers find in it. */
export function coveredLine(text: string, kinds: readonly Kind[] = standardKinds): string {
  let out = text;
  for (const { start, end } of new LineScanner(kinds).alone(text)) out = out.slice(0, start) + BLOCK.repeat(end - start) + out.slice(end);
  return out;
}
