/** How the indexes beside the ledger write their keys and values down: fixed lengths, big-endian, sorted as their bytes are. */
import { recordingPattern } from '../events.ts';
import type { Closing, RecordingState } from '../rules.ts';
import type { LedgerEvent } from '../types.ts';
import type { Widths } from './hash-tree.ts';

const ID_BYTES = 11;
const SEQ_BYTES = 6;
/** Below what they are looked up by: numbers of events. */
export const EVENT_WIDTHS: Widths = { key: ID_BYTES + SEQ_BYTES, value: 0 };

const closings: readonly (Closing | null)[] = [null, 'recording.end', 'recording.failed', 'recording.recovered'];
/** Start, time of start, person, closing, size, root, segment, bytes and length. */
const STATE = { start: 0, began: 6, person: 12, closed: 19, size: 20, root: 26, segment: 58, counted: 64, outputBytes: 65, durationMs: 71, end: 77 } as const;
export const STATE_WIDTHS: Widths = { key: ID_BYTES, value: STATE.end };

/** What events are looked up by: a recording's id, or this for those that decide: which policy is in force, and whose keys a person's are. No recording has it. */
export const POLICIES = '00000000-000000-00000000';
const policyActions: readonly string[] = ['first-run', 'policy.change', 'person.keys'];

/** What an event is looked up by, if by anything. */
export function subjectOf({ action, detail }: LedgerEvent): string | undefined {
  const id = detail?.['recording'];
  if (typeof id === 'string' && recordingPattern.test(id)) return id;
  return policyActions.includes(action) ? POLICIES : undefined;
}

/** `yyyymmdd-hhmmss-xxxxxxxx`: its digits as hexadecimal ones, so that keys sort as ids do. */
export function idKey(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

export function idOf(key: Uint8Array): string {
  const digits = Buffer.from(key.subarray(0, ID_BYTES)).toString('hex');
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
  return Buffer.concat([idKey(id), value]);
}

export function stateOf(value: Buffer): RecordingState {
  const size = value.readUIntBE(STATE.size, 6);
  const counted = value[STATE.counted] === 1;
  return {
    start: value.readUIntBE(STATE.start, 6),
    began: new Date(value.readUIntBE(STATE.began, 6)).toISOString(),
    person: value[STATE.person] === 1 ? `p-${value.subarray(STATE.person + 1, STATE.closed).toString('hex')}` : null,
    head: { size, root: value.subarray(STATE.root, STATE.segment).toString('hex') },
    segment: value.readUIntBE(STATE.segment, 6),
    closed: closings[value[STATE.closed]!] ?? null,
    outputBytes: counted ? value.readUIntBE(STATE.outputBytes, 6) : null,
    durationMs: counted ? value.readUIntBE(STATE.durationMs, 6) : null,
  };
}
