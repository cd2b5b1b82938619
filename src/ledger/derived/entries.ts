/** How the indexes beside the ledger write their keys and values down: fixed lengths, big-endian, sorted as their bytes are. */
import { recordingPattern } from '../events.ts';
import { importKinds, reasons, reviewStates } from '../../types/words.ts';
import { UNKNOWN_KIND, type Closing, type RecordingState } from '../rules.ts';
import type { LedgerEvent } from '../types.ts';
import type { Widths } from './hash-tree.ts';

/** Bytes of an id's digits. */
export const ID_BYTES = 11;
const SEQ_BYTES = 6;
/** Below what they are looked up by: numbers of events. */
export const EVENT_WIDTHS: Widths = { key: ID_BYTES + SEQ_BYTES, value: 0 };

const closings: readonly (Closing | null)[] = [null, 'recording.end', 'recording.failed', 'recording.recovered'];
const kinds: readonly (string | null)[] = [null, UNKNOWN_KIND, ...importKinds];
/** Start, time of start, person, closing, size, root, segment, bytes and length, digest of its beginning, what it was imported from, whether it was deleted, why its session was opened, what of it was said last, by whom, in which event, and what was erased of it. */
const STATE = {
  start: 0,
  began: 6,
  person: 12,
  closed: 19,
  size: 20,
  root: 26,
  segment: 58,
  counted: 64,
  outputBytes: 65,
  durationMs: 71,
  beginning: 77,
  imported: 109,
  deleted: 110,
  reason: 111,
  review: 112,
  reviewer: 113,
  reviewSeq: 119,
  erased: 125,
  erasedSeq: 126,
  erasedRecords: 132,
  erasedDigest: 138,
  end: 170,
} as const;
export const STATE_WIDTHS: Widths = { key: ID_BYTES, value: STATE.end };

/** What events are looked up by: a recording's id, or this for those that decide, which one that is passed over does not: which policy is in force, and whose keys a person's are. No recording has it. */
export const POLICIES = '00000000-000000-00000000';
/** What says which events that were kept beside the ledger it has taken. No recording has it. */
export const KEPT = '00000000-000000-00000001';
/** Self-tests. No recording has it. */
export const SELFTESTS = '00000000-000000-00000002';
const policyActions: readonly string[] = ['first-run', 'policy.change', 'person.keys'];

/** What an event is looked up by. @param counts whether it does, by the events before it */
export function subjectsOf({ action, detail, opened }: LedgerEvent, counts: boolean): readonly string[] {
  if (opened) return opened.heads.map(([recording]) => recording);
  const id = detail?.['recording'];
  if (typeof id === 'string' && recordingPattern.test(id)) return [id];
  if (action === 'ledger.kept') return [KEPT];
  if (action === 'selftest') return [SELFTESTS];
  return counts && policyActions.includes(action) ? [POLICIES] : [];
}

/** `yyyymmdd-hhmmss-xxxxxxxx`: its digits as hexadecimal ones, so that keys sort as ids do. */
export function idKey(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** The id whose key stands at `at`. */
export function idAt(bytes: Buffer, at: number): string {
  const digits = bytes.toString('hex', at, at + ID_BYTES);
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${digits.slice(14)}`;
}

export function eventKey(id: string, seq: number): Buffer {
  const key = Buffer.alloc(EVENT_WIDTHS.key);
  idKey(id).copy(key);
  key.writeUIntBE(seq, ID_BYTES, SEQ_BYTES);
  return key;
}

export function seqOf(key: Buffer): number {
  return key.readUIntBE(ID_BYTES, SEQ_BYTES);
}

export function stateEntry(id: string, state: RecordingState): Buffer {
  const value = Buffer.alloc(STATE.end);
  value.writeUIntBE(state.start, STATE.start, 6);
  value.writeUIntBE(Date.parse(state.began), STATE.began, 6);
  if (state.person) {
    value[STATE.person] = 1;
    value.write(state.person.slice(2), STATE.person + 1, 'hex');
  }
  value[STATE.closed] = closings.indexOf(state.closed);
  value.writeUIntBE(state.head.size, STATE.size, 6);
  value.write(state.head.root, STATE.root, 'hex');
  value.writeUIntBE(state.segment, STATE.segment, 6);
  if (state.outputBytes !== null && state.durationMs !== null) {
    value[STATE.counted] = 1;
    value.writeUIntBE(state.outputBytes, STATE.outputBytes, 6);
    value.writeUIntBE(state.durationMs, STATE.durationMs, 6);
  }
  value.write(state.beginning, STATE.beginning, 'hex');
  value[STATE.imported] = kinds.indexOf(state.imported);
  value[STATE.deleted] = state.deleted ? 1 : 0;
  value[STATE.reason] = reasons.indexOf(state.reason);
  if (state.review) {
    value[STATE.review] = 1 + reviewStates.indexOf(state.review.state);
    value.write(state.review.by.slice(2), STATE.reviewer, 'hex');
    value.writeUIntBE(state.review.seq, STATE.reviewSeq, 6);
  }
  if (state.erased) {
    value[STATE.erased] = 1;
    value.writeUIntBE(state.erased.seq, STATE.erasedSeq, 6);
    value.writeUIntBE(state.erased.records, STATE.erasedRecords, 6);
    value.write(state.erased.sha256, STATE.erasedDigest, 'hex');
  }
  return Buffer.concat([idKey(id), value]);
}

/** The state that stands at `at`. */
export function stateAt(bytes: Buffer, at: number): RecordingState {
  const number = (place: number): number => bytes.readUIntBE(at + place, 6);
  const hex = (from: number, to: number): string => bytes.toString('hex', at + from, at + to);
  const counted = bytes[at + STATE.counted] === 1;
  const review = reviewStates[bytes[at + STATE.review]! - 1];
  return {
    start: number(STATE.start),
    began: new Date(number(STATE.began)).toISOString(),
    person: bytes[at + STATE.person] === 1 ? `p-${hex(STATE.person + 1, STATE.closed)}` : null,
    beginning: hex(STATE.beginning, STATE.imported),
    head: { size: number(STATE.size), root: hex(STATE.root, STATE.segment) },
    segment: number(STATE.segment),
    closed: closings[bytes[at + STATE.closed]!] ?? null,
    outputBytes: counted ? number(STATE.outputBytes) : null,
    durationMs: counted ? number(STATE.durationMs) : null,
    imported: kinds[bytes[at + STATE.imported]!] ?? null,
    deleted: bytes[at + STATE.deleted] === 1,
    reason: reasons[bytes[at + STATE.reason]!] ?? 'none',
    review: review === undefined ? null : { state: review, by: `p-${hex(STATE.reviewer, STATE.reviewSeq)}`, seq: number(STATE.reviewSeq) },
    erased:
      bytes[at + STATE.erased] === 1
        ? { seq: number(STATE.erasedSeq), records: number(STATE.erasedRecords), sha256: hex(STATE.erasedDigest, STATE.end) }
        : null,
  };
}
