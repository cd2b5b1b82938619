/**
 * The vocabulary of a recording. docs/format.md is normative; this file is its TypeScript side.
 *
 * A recording is one pty's life. It is a folder of segment files, each a sequence of frames. The first frame of a
 * segment is its public header (type 0); all others are sealed records (type 1). Every frame, header or record, is one
 * leaf of the recording's RFC 6962 tree, so the tree covers every byte that a reader relies on.
 */

import type { TreeHead } from '../types/head.ts';
import type { PublicJwk } from '../types/keys.ts';
import type { EndReason } from '../types/words.ts';
import type { Access } from './access.ts';

/** A public key that a segment secret is wrapped for. `kid` is the RFC 7638 SHA-256 thumbprint of `jwk`. */
export interface Recipient {
  readonly kid: string;
  readonly role: 'owner' | 'audit';
  /** A P-256 public key. */
  readonly jwk: PublicJwk;
}

/**
 * What happened, one letter as in asciicast.
 * s start (JSON StartInfo), o output (raw bytes from the pty), i input (raw bytes; only where the policy says so),
 * r resize (`COLSxROWS`), m marker (text), l lock (JSON {cause}), u unlock (JSON {person, method}),
 * g gap (JSON {bytes, reason}: bytes that are known not to be here), n snapshot (see SnapshotInfo),
 * x exit of the child (JSON {code, signal}), e end of the recording (JSON {reason}).
 */
export type EventCode = 's' | 'o' | 'i' | 'r' | 'm' | 'l' | 'u' | 'g' | 'n' | 'x' | 'e';

/** One event. Each event is one piece: the unit that a redacted export can withhold. */
export interface RecordingEvent {
  readonly code: EventCode;
  /** Microseconds since the recording's start, from a monotonic clock. */
  readonly timeUs: number;
  readonly data: Uint8Array;
}

/** The content of the `s` event: sealed, because a command line can hold a patient's name. */
export interface StartInfo {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly cols: number;
  readonly rows: number;
  readonly term: string;
  readonly version: string;
}

/** Head of an `n` event: one line of JSON, then `\n`, then the serialised screen as terminal output. */
export interface SnapshotInfo {
  /** Output bytes of the recording that the snapshot covers. */
  readonly outputOffset: number;
  readonly cols: number;
  readonly rows: number;
}

/** The body of a segment's first frame: public, free of patient data. */
export interface SegmentHeader extends Access {
  readonly format: 'wardmux-segment';
  readonly version: 1;
  readonly recording: string;
  readonly installation: string;
  readonly person: string;
  /** From 0. */
  readonly segment: number;
  readonly firstSeq: number;
  /** Output bytes of the recording before this segment: a replay of the tail can begin here without opening what is before. */
  readonly outputOffset: number;
  /** Recording's start, ISO 8601 UTC. */
  readonly started: string;
  readonly policySha256: string;
  readonly recipients: readonly { readonly kid: string; readonly role: Recipient['role']; readonly jwe: string }[];
}

/** Facts that a recorder tells the ledger. Free of patient data by construction. */
export type RecordingNotice =
  | {
      readonly kind: 'start';
      readonly recording: string;
      readonly person: string;
      /** Kids, in the order of the segment header. */
      readonly recipients: readonly string[];
      readonly policySha256: string;
      readonly access: Access;
      /** The class of its session, where there is one. */
      readonly sessionClass?: string | undefined;
    }
  | { readonly kind: 'segment'; readonly recording: string; readonly segment: number; readonly firstSeq: number; readonly head: TreeHead }
  | { readonly kind: 'heads'; readonly heads: readonly { readonly recording: string; readonly head: TreeHead }[] }
  | {
      readonly kind: 'end';
      readonly recording: string;
      readonly reason: EndReason;
      readonly head: TreeHead;
      readonly outputBytes: number;
      readonly durationMs: number;
    }
  | { readonly kind: 'failed'; readonly recording: string; readonly reason: string; readonly head: TreeHead };

/** Where a frame stands, what it says about itself, and its leaf; all of it is checked without a key. */
export interface Frame {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly seq: number;
  readonly monoNs: bigint;
  readonly wallMs: number;
  /** 0 segment header, 1 sealed events. */
  readonly type: number;
  readonly commitment: Uint8Array;
  readonly bodySha256: Uint8Array;
  readonly leaf: Uint8Array;
  /** Type 0: the header's JSON. Type 1: ciphertext and tag; where pieces of it were erased, nonce, ciphertext and tag of what is left. */
  readonly body: Uint8Array;
  /** SHA-256 of the body that stands in the file, where pieces of the record were erased; `bodySha256` is then that of the one before. */
  readonly erased?: Uint8Array;
}

/** Where a segment of a recording begins, as its writer knows it. */
export interface SegmentStart {
  readonly segment: number;
  /** Output bytes of the recording before it. */
  readonly outputOffset: number;
  /** Frames before it. */
  readonly size: number;
  /** The peaks of the tree over them (RFC 6962; `MerkleTree.peaks`), lower-case hex. */
  readonly peaks: readonly string[];
}

/** What the writer of a recording has written, at one moment: its files are held against this, since others may write them too. */
export interface Written {
  readonly outputBytes: number;
  readonly head: TreeHead;
  /** Its last segments, ascending; at least one. Segments in which nothing was printed may be left out: they follow the one before them. */
  readonly starts: readonly SegmentStart[];
}

/** Why reading stopped. `code` is stable and goes into --json. */
export interface FrameFault {
  readonly code: 'torn' | 'bad-length' | 'bad-crc' | 'bad-sequence' | 'bad-header' | 'bad-seal' | 'bad-commitment' | 'missing-segment';
  readonly segment: number;
  readonly offset: number;
  readonly seq: number;
  /** One sentence for people. */
  readonly message: string;
}

/** Opens a segment's secret: 32 bytes. Implemented by an unlocked identity or by an audit key. */
export interface SegmentOpener {
  readonly kid: string;
  open(jwe: string): Promise<Buffer>;
}
