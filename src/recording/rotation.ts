/** When a new segment is due, what it begins with, and its key, which is always prepared ahead: wrapping a secret takes its time, and output does not wait. */
import { sha256 } from '../merkle/sha256.ts';
import { encodeFrame, SEGMENT_MAGIC, TYPE_HEADER } from './frame.ts';
import { encodeHeader } from './header.ts';
import type { RecordingOptions } from './options.ts';
import { segmentKey } from './ratchet.ts';
import type { RecordPlace, SealedFrame } from './sealer.ts';
import type { Recipient, SegmentHeader } from './types.ts';
import { newSegmentSecret, wrapSecret } from './wrap.ts';

const MEBIBYTE = 1024 * 1024;

/** A segment's first ratchet key, and its secret as its recipients get it. */
export interface SegmentSeal {
  readonly segment: number;
  readonly key: Buffer;
  readonly recipients: SegmentHeader['recipients'];
}

/** Makes a segment's secret, wraps it for everyone, keeps only its first ratchet key. Rejects where it cannot be wrapped. */
export async function prepareSegment(recording: string, segment: number, to: readonly Recipient[]): Promise<SegmentSeal> {
  const secret = newSegmentSecret();
  try {
    const recipients = await Promise.all(to.map(async (recipient) => ({ kid: recipient.kid, role: recipient.role, jwe: await wrapSecret(secret, recipient) })));
    return { segment, key: segmentKey(secret, recording, segment), recipients };
  } finally {
    secret.fill(0);
  }
}

/** A segment's first bytes: magic and header frame. `startMs` is the recording's start, `outputOffset` its output bytes before this segment. */
export function segmentStart(
  { installation, person, access, policySha256 }: RecordingOptions,
  recording: string,
  startMs: number,
  { segment, recipients }: SegmentSeal,
  place: RecordPlace,
  outputOffset: number,
): SealedFrame {
  const body = encodeHeader({
    format: 'wardmux-segment',
    version: 1,
    recording,
    installation,
    person,
    role: access.role,
    class: access.class,
    reason: access.reason,
    breakGlass: access.breakGlass,
    segment,
    firstSeq: place.seq,
    outputOffset,
    started: new Date(startMs).toISOString(),
    policySha256,
    recipients,
  });
  const frame = encodeFrame({ ...place, type: TYPE_HEADER, commitment: sha256(body) }, body);
  return { bytes: Buffer.concat([SEGMENT_MAGIC, frame.bytes]), leaf: frame.leaf };
}

/** Says when a segment is old or long enough. Pure. */
export class RotationRule {
  readonly #bytes: number;
  readonly #ns: number;
  #wanted = false;
  #begunNs = 0n;

  constructor({ minutes, mebibytes }: { readonly minutes: number; readonly mebibytes: number }) {
    this.#bytes = mebibytes * MEBIBYTE;
    this.#ns = minutes * 60e9;
  }

  /** A new segment is due, however short the present one is. */
  want(): void {
    this.#wanted = true;
  }

  /** @param now nanoseconds. */
  begun(now: bigint): void {
    this.#wanted = false;
    this.#begunNs = now;
  }

  /** @param bytes of the present segment. Once due, it stays due until a segment has begun. */
  due(bytes: number, now: bigint): boolean {
    this.#wanted ||= bytes >= this.#bytes || Number(now - this.#begunNs) >= this.#ns;
    return this.#wanted;
  }
}
