/** Sends a recording's tail into a pane: frames through the sealed view channel, as fast as the line to main drains. */
import { encodeFrame, type ViewFrame } from '../bridge/frames.ts';
import { tail } from '../recording/tail.ts';
import type { SegmentOpener, Written } from '../recording/types.ts';

/** Output bytes that a pane gets back at most: some ten thousand lines, a third of a second of xterm's parser. The rest is in the recording. */
const maxTailBytes = 4 * 1024 * 1024;
/**
 * What one frame carries: large enough to be cheap, small enough that other panes get their turn. The page waits for each to be
 * parsed before it takes the next: 4 MiB in frames of one record each took it 2 s, in these 0.3 s.
 */
const frameBytes = 512 * 1024;

export interface RebuildRequest {
  readonly folder: string;
  readonly opener: SegmentOpener;
  readonly pane: number;
  /** What was written when the pane was attached; live output goes on there. */
  readonly written: Written;
  /** Seals and sends one frame; awaiting it is the flow control. The frame's bytes are wiped after it. */
  readonly send: (frame: Uint8Array) => Promise<void>;
  readonly maxTailBytes?: number;
}

/**
 * The pane always hears `end` where live output goes on, also after an error, so that its live output is not held back for ever.
 * @returns output bytes before that which were not replayed.
 * @throws RecordingError where the recording is damaged or sealed to somebody else; what comes before the damage was sent.
 */
export async function rebuildPane({ folder, opener, pane, written, send, maxTailBytes: most = maxTailBytes }: RebuildRequest): Promise<number> {
  const frame = async (value: ViewFrame): Promise<void> => {
    const bytes = encodeFrame(value);
    try {
      await send(bytes);
    } finally {
      bytes.fill(0);
    }
  };
  const { outputBytes: upTo } = written;
  const gathered = new Uint8Array(frameBytes);
  let length = 0;
  let skipped = 0;
  let segments = 0;
  /** Output bytes that the page has, or has gathered here. */
  let shown = 0;
  const flush = async (): Promise<void> => {
    if (length === 0) return;
    const bytes = gathered.subarray(0, length);
    length = 0;
    try {
      await frame({ type: 'rebuild', pane, offset: shown - bytes.length, bytes });
    } finally {
      bytes.fill(0);
    }
  };
  const gather = async (offset: number, bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + frameBytes - length);
      gathered.set(part, length);
      length += part.length;
      at += part.length;
      shown = offset + at;
      if (length === frameBytes) await flush();
    }
  };
  try {
    for await (const item of tail(folder, opener, { written, maxTailBytes: most })) {
      if (item.kind !== 'output') await flush();
      switch (item.kind) {
        case 'begin':
          skipped = item.skipped;
          segments = item.segments;
          shown = item.offset;
          break;
        case 'size':
          await frame({ type: 'size', pane, offset: item.offset, cols: item.cols, rows: item.rows });
          break;
        case 'screen':
          shown = item.offset;
          try {
            await frame({ type: 'screen', pane, offset: item.offset, cols: item.cols, rows: item.rows, bytes: item.bytes });
          } finally {
            item.bytes.fill(0);
          }
          break;
        case 'output':
          try {
            await gather(item.offset, item.bytes);
          } finally {
            item.bytes.fill(0);
          }
          break;
        case 'gap':
          skipped += item.bytes;
          break;
      }
    }
  } finally {
    await flush().finally(() => {
      skipped += Math.max(0, upTo - shown);
      return frame({ type: 'end', pane, offset: upTo, skipped, segments });
    });
  }
  return skipped;
}
