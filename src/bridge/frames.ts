/**
 * What travels inside the sealed view channel. Binary, big-endian; the first byte is the type.
 *
 *   1 output     pty host -> workspace   u32 pane | u64 offset | bytes      offset: output bytes before these
 *   2 input      workspace -> pty host   u32 pane | bytes
 *   3 snapshot   workspace -> pty host   u32 pane | u64 offset | u16 cols | u16 rows | bytes   the screen after `offset` output bytes
 *   4 screen     vault host -> workspace u32 pane | u64 offset | u16 cols | u16 rows | bytes   a snapshot from the recording: reset, then write it
 *   5 replay     vault host -> workspace u32 pane | u64 offset | bytes      recorded output
 *   6 size       vault host -> workspace u32 pane | u64 offset | u16 cols | u16 rows
 *   7 end        vault host -> workspace u32 pane | u64 offset | u64 skipped | u32 segments   replay is complete up to `offset`; so many segments were read
 *   8 passphrase page -> vault host      UTF-8, NFC
 *   9 prf        page -> vault host      32 bytes
 *  10 skip       pty host -> workspace   u32 pane | u64 offset | u64 to | u64 settled | bytes   output [offset, to) is left out, for what
 *                follows pushes it out of the scrollback: write `bytes` instead. The screen is true again after `settled` output bytes.
 *  11 words      page -> vault host      UTF-8: why somebody breaks the glass, in their own words
 *  12 review     vault host -> workspace u32 ticket | UTF-8 JSON (src/review/told.ts)    a recording that is looked at; as wide as `pane` of the others
 *  13 query      workspace -> vault host u32 ticket | UTF-8: the text that is looked for in recordings
 *  14 disclosure workspace -> vault host UTF-8 JSON: what an export is for, who gets it, and what of it is released by hand
 */

/** A screen snapshot with 10,000 lines of scrollback is about 2 MB; a sealed frame may be four times that. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024;

/** Lines above the screen that a page keeps for a pane at most. A full line of 120 columns takes 1.3 to 1.9 kB there. */
export const scrollbackLines = 10_000;

export type ViewFrame =
  | { readonly type: 'output' | 'rebuild'; readonly pane: number; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly type: 'input'; readonly pane: number; readonly bytes: Uint8Array }
  /** `pane`: the number of what was asked. */
  | { readonly type: 'review' | 'query'; readonly pane: number; readonly bytes: Uint8Array }
  | {
      readonly type: 'snapshot' | 'screen';
      readonly pane: number;
      readonly offset: number;
      readonly cols: number;
      readonly rows: number;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'size'; readonly pane: number; readonly offset: number; readonly cols: number; readonly rows: number }
  | { readonly type: 'end'; readonly pane: number; readonly offset: number; readonly skipped: number; readonly segments: number }
  | {
      readonly type: 'skip';
      readonly pane: number;
      readonly offset: number;
      readonly to: number;
      readonly settled: number;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'passphrase' | 'prf' | 'words' | 'disclosure'; readonly bytes: Uint8Array };

/** What the vault tells of a recording that is looked at. */
export type ReviewFrame = Extract<ViewFrame, { type: 'review' | 'query' }>;

const types = [
  '',
  'output',
  'input',
  'snapshot',
  'screen',
  'rebuild',
  'size',
  'end',
  'passphrase',
  'prf',
  'skip',
  'words',
  'review',
  'query',
  'disclosure',
] as const;
const heads: Record<ViewFrame['type'], number> = {
  output: 13,
  rebuild: 13,
  input: 5,
  snapshot: 17,
  screen: 17,
  size: 17,
  end: 25,
  passphrase: 1,
  prf: 1,
  skip: 29,
  words: 1,
  review: 5,
  query: 5,
  disclosure: 1,
};

/** Encodes into a fresh array. */
export function encodeFrame(frame: ViewFrame): Uint8Array {
  const head = heads[frame.type];
  const body = 'bytes' in frame ? frame.bytes : undefined;
  const out = new Uint8Array(head + (body?.length ?? 0));
  const view = new DataView(out.buffer);
  out[0] = types.indexOf(frame.type);
  if ('pane' in frame) view.setUint32(1, frame.pane);
  if ('offset' in frame) view.setBigUint64(5, BigInt(frame.offset));
  if ('cols' in frame) {
    view.setUint16(13, frame.cols);
    view.setUint16(15, frame.rows);
  }
  if (frame.type === 'skip') {
    view.setBigUint64(13, BigInt(frame.to));
    view.setBigUint64(21, BigInt(frame.settled));
  }
  if (frame.type === 'end') {
    view.setBigUint64(13, BigInt(frame.skipped));
    view.setUint32(21, frame.segments);
  }
  if (body) out.set(body, head);
  return out;
}

/** Decodes; `bytes` is a view into `data`. Throws RangeError on an unknown type or a short frame. */
export function decodeFrame(data: Uint8Array): ViewFrame {
  const type = types[data[0] ?? 0];
  if (!type || data.length < heads[type]) throw new RangeError('not a view frame');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const bytes = data.subarray(heads[type]);
  if (type === 'passphrase' || type === 'prf' || type === 'words' || type === 'disclosure') return { type, bytes };
  const pane = view.getUint32(1);
  if (type === 'input' || type === 'review' || type === 'query') return { type, pane, bytes };
  const offset = Number(view.getBigUint64(5));
  if (type === 'output' || type === 'rebuild') return { type, pane, offset, bytes };
  if (type === 'end') return { type, pane, offset, skipped: Number(view.getBigUint64(13)), segments: view.getUint32(21) };
  if (type === 'skip') return { type, pane, offset, to: Number(view.getBigUint64(13)), settled: Number(view.getBigUint64(21)), bytes };
  const size = { cols: view.getUint16(13), rows: view.getUint16(15) };
  return type === 'size' ? { type, pane, offset, ...size } : { type, pane, offset, ...size, bytes };
}
